namespace GuestTune.Practices;

/// <summary>One value that was read, and where: the evidence behind a verdict.</summary>
/// <param name="Name">The kernel's or the file's own name, e.g. <c>guest_halt_poll_ns</c>.</param>
/// <param name="Value">Null where there was nothing to read; then <paramref name="Problem"/> may say why.</param>
/// <param name="Source">Path of the file (and key) it was read from.</param>
public sealed record Fact(string Name, Scope Scope, string? Value, string Source, string? Problem = null);
