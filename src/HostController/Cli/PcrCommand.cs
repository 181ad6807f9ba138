using System.CommandLine;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune pcr</c>: what the TPMs of VMs say of how they were started.</summary>
internal static class PcrCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new Command("pcr", "Read, prove, explain and compare how VMs were started: registers, quotes and event logs of their TPMs");
        command.Add(PcrReadCommand.Create(context));
        command.Add(PcrQuoteCommand.Create(context));
        command.Add(PcrEventsCommand.Create(context));
        command.Add(PcrBaselineCommand.Create(context));
        command.Add(PcrCheckCommand.Create(context));
        command.Add(PcrCollectCommand.Create(context));
        command.Add(PcrVerifyCommand.Create(context));
        return command;
    }
}
