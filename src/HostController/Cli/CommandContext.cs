using System.CommandLine;

namespace GuestTune.Controller.Cli;

/// <summary>What every command is built with.</summary>
internal sealed record CommandContext(GlobalOptions Options, Terminal Terminal, Interrupt Interrupt)
{
    public Invocation Invocation(ParseResult result) => new(result, Options, Terminal);

    public CommandRunner Runner(Invocation invocation) => new(invocation, Interrupt);
}
