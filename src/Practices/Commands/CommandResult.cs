namespace GuestTune.Practices.Commands;

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">128 + N where signal N ended it, as shells say; null where its time was over.</param>
/// <param name="OutputWasCut">It wrote more than was kept.</param>
public sealed record CommandResult(int? ExitCode, string Output, string ErrorOutput, bool OutputWasCut = false)
{
    private const int ShownCharacters = 2000;

    public bool Succeeded => ExitCode == 0;

    /// <summary>For a message: how it ended, and the end of what it said, where programs tell what went wrong.</summary>
    public string Describe(Command command)
    {
        ArgumentNullException.ThrowIfNull(command);
        var end = ExitCode is { } code ? $"ended with exit code {code}" : $"did not end within {command.TimeLimit.TotalSeconds:0.#} s and was killed";
        var said = (ErrorOutput.Trim() is { Length: > 0 } errors ? errors : Output.Trim()) is { Length: > 0 } text ? text : "(nothing)";
        return $"{command} {end}; it said: {(said.Length <= ShownCharacters ? said : "... " + said[^ShownCharacters..])}";
    }
}
