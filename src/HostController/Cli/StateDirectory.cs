namespace GuestTune.Controller.Cli;

/// <summary>Where a controller remembers what a restart of it must not lose.</summary>
internal static class StateDirectory
{
    public const string Variable = "GUESTTUNE_STATE";
    public const string OfSystem = "/var/lib/guesttune/controller";

    /// <summary>As --state or the variable says; else the system's for root, and the user's own (XDG base directories) for others.</summary>
    public static string Of(Invocation invocation)
    {
        var environment = invocation.Terminal.Environment;
        return (invocation.State ?? NotEmpty(environment(Variable))) switch
        {
            { } named => Path.GetFullPath(named),
            null when System.Environment.IsPrivilegedProcess => OfSystem,
            null => Path.Combine(
                NotEmpty(environment("XDG_STATE_HOME")) ?? Path.Combine(NotEmpty(environment("HOME")) ?? "/nonexistent", ".local/state"),
                "guesttune"),
        };
    }

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
