using System.CommandLine;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune ping</c>: whether agents answer, and how fast.</summary>
internal static class PingCommand
{
    private const string Name = "ping";

    public static Command Create(CommandContext context)
    {
        var command = new Command(Name, "Measure how long attaching and a round trip to the agents take");
        var selection = new SelectionOptions();
        var count = NumberOption.Create("--count", "N", "round trips to each VM (default: 1)", 1, FleetController.LargestPingCount, whole: true);
        selection.AddTo(command, required: true);
        command.Add(count);
        command.SetAction((result, _) =>
        {
            var invocation = context.Invocation(result);
            var runner = context.Runner(invocation);
            var request = new PingRequest
            {
                Selection = selection.Read(result),
                Pace = invocation.ReadPace(),
                Count = (uint)(NumberOption.Value(result, count) ?? 0),
            };
            return runner.RunAsync(
                Name,
                operationId: null,
                (controller, cancellationToken) => controller.PingAsync(request, cancellationToken),
                report => TableReport.WritePing(runner.Out, runner.Style, report.Vms));
        });
        return command;
    }
}
