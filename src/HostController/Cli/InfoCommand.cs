using System.CommandLine;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune info</c>: agent, system and kernel of guests, and which practices they can have.</summary>
internal static class InfoCommand
{
    private const string Name = "info";

    public static Command Create(CommandContext context)
    {
        var command = new Command(Name, "Show the agent, system and kernel of VMs, and the practices that each can have");
        var selection = new SelectionOptions();
        selection.AddTo(command, required: true);
        command.SetAction((result, _) =>
        {
            var invocation = context.Invocation(result);
            var runner = context.Runner(invocation);
            var request = new GetInfoRequest { Selection = selection.Read(result), Pace = invocation.ReadPace() };
            return runner.RunAsync(
                Name,
                operationId: null,
                (controller, cancellationToken) => controller.GetInfoAsync(request, cancellationToken),
                report => TableReport.WriteInfo(runner.Out, runner.Style, report.Vms));
        });
        return command;
    }
}
