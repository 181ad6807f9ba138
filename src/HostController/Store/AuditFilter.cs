using System.Runtime.InteropServices;

namespace GuestTune.Controller.Store;

/// <summary>Which rows of the audit are wanted; what is null does not count.</summary>
/// <param name="Target">A pattern of SQLite's GLOB: *, ?, [abc].</param>
/// <param name="Action">The same.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct AuditFilter(string? Target, string? Action, DateTimeOffset? Since);
