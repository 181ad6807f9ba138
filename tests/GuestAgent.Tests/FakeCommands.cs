using GuestTune.Practices.Commands;

namespace GuestTune.Agent.Tests;

/// <summary>Programs of a guest that are functions of a test; what is not here is not installed.</summary>
internal sealed class FakeCommands(params (string Program, Func<Command, CommandResult> Run)[] programs) : ICommandRunner
{
    public List<Command> Ran { get; } = [];

    public string? WhyNotAvailable { get; init; }

    public string? Find(string program) => Array.Exists(programs, p => p.Program == program) ? "/usr/bin/" + program : null;

    public CommandResult Run(Command command)
    {
        Ran.Add(command);
        return programs.Single(p => p.Program == command.Program).Run(command);
    }
}
