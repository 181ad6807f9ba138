namespace GuestTune.Agent.BootLoader;

/// <summary>Tells the entries that are there for when the others do not boot.</summary>
internal static class RecoveryEntry
{
    private static readonly string[] Words = ["recovery", "rescue"];
    private static readonly string[] Arguments = ["single", "recovery", "rescue", "emergency", "systemd.unit"];

    public static bool Is(string? id, string title, string commandLine)
        => Array.Exists(Words, w => title.Contains(w, StringComparison.OrdinalIgnoreCase) || id?.Contains(w, StringComparison.OrdinalIgnoreCase) is true)
            || Array.Exists(Arguments, a => ArgumentLine.Find(commandLine, a) is not null);
}
