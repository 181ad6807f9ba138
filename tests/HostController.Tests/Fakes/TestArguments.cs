namespace GuestTune.HostController.Tests.Fakes;

/// <summary>What command lines of tests have beside what they say, so that neither a busy machine nor another test decides how they end.</summary>
internal static class TestArguments
{
    /// <summary>VMs of a test have all the time that they need, unless the test limits it.</summary>
    public static string[] Patient(string[] arguments) =>
        arguments.Contains("--timeout") || arguments is ["serve", ..] || !(arguments.Contains("--inventory") || arguments.Contains("--controller"))
            ? arguments
            : [.. arguments, "--timeout", "600"];

    /// <summary>What a controller remembers is beside the inventory, and not where all controllers of this machine have it.</summary>
    /// <returns>Null where no inventory is given.</returns>
    public static string? StateOf(string[] arguments) =>
        Array.IndexOf(arguments, "--inventory") is >= 0 and var at && at + 1 < arguments.Length && Path.IsPathRooted(arguments[at + 1])
            ? Path.Combine(Path.GetDirectoryName(arguments[at + 1])!, "state")
            : null;
}
