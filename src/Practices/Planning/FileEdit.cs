namespace GuestTune.Practices;

/// <summary>A text file that a plan would write.</summary>
/// <param name="Before">Null: there is no such file.</param>
/// <param name="After">Null: the file is removed.</param>
public sealed record FileEdit(string Path, string? Before, string? After);
