using System.CommandLine;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune history</c>: the operations in a guest's journal.</summary>
internal static class HistoryCommand
{
    private const string Name = "history";

    public static Command Create(CommandContext context)
    {
        var command = new Command(Name, "Show the operations that were carried out in VMs, the newest first");
        var selection = new SelectionOptions();
        var limit = NumberOption.Create("--limit", "N", "at most so many operations of each VM (default: 50)", 1, FleetController.LargestHistoryLimit, whole: true);
        selection.AddTo(command, required: true);
        command.Add(limit);
        command.SetAction((result, _) =>
        {
            var invocation = context.Invocation(result);
            var runner = context.Runner(invocation);
            var request = new HistoryRequest
            {
                Selection = selection.Read(result),
                Pace = invocation.ReadPace(),
                Limit = (uint)(NumberOption.Value(result, limit) ?? 0),
            };
            return runner.RunAsync(
                Name,
                operationId: null,
                (controller, cancellationToken) => controller.HistoryAsync(request, cancellationToken),
                report => TableReport.WriteHistory(runner.Out, runner.Style, report.Vms));
        });
        return command;
    }
}
