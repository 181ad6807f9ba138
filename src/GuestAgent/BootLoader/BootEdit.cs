namespace GuestTune.Agent.BootLoader;

/// <summary>One file of the boot loader before and after, one char for each byte.</summary>
/// <param name="Before">Null: there is no such file.</param>
/// <param name="After">Null: it is removed.</param>
internal sealed record BootEdit(string Path, string? Before, string? After)
{
    public bool IsChange => !string.Equals(Before, After, StringComparison.Ordinal);
}
