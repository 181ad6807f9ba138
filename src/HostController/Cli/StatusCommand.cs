using System.CommandLine;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune status</c>: every practice of VMs in one table.</summary>
internal static class StatusCommand
{
    private const string Name = "status";

    /// <summary>Several practices start programs in the guest to know.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(30);

    public static Command Create(CommandContext context)
    {
        var command = new Command(Name, "Show what VMs have of every practice: a verdict each");
        var selection = new SelectionOptions();
        var explain = new Option<bool>("--explain") { Description = "also why, with the evidence: every value with the file that it was read from" };
        selection.AddTo(command, required: true);
        command.Add(explain);
        command.SetAction((result, _) =>
        {
            var invocation = context.Invocation(result);
            var runner = context.Runner(invocation);

            // None named: all that the agent has and its administrator allows.
            var request = new ObserveRequest { Selection = selection.Read(result), Pace = invocation.ReadPace(TimeLimit) };
            return runner.RunAsync(
                Name,
                operationId: null,
                (controller, cancellationToken) => controller.ObserveAsync(request, cancellationToken),
                report => TableReport.WriteStatus(runner.Out, runner.Style, report.Vms, result.GetValue(explain)));
        });
        return command;
    }
}
