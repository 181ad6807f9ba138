using System.CommandLine;
using GuestTune.Controller.Practices;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune plan PRACTICE</c>: what a <c>set</c> with the same options would change; it changes nothing.</summary>
internal static class PlanCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new Command("plan", "Show what a set would change in VMs, files as a diff; changes nothing");
        foreach (var practice in PracticeCatalog.All)
        {
            command.Add(Create(context, practice));
        }

        return command;
    }

    public static Task<int> RunAsync(CommandRunner runner, string name, V1.Selection selection, Pace pace, Desired desired)
    {
        var request = new PlanRequest { Selection = selection, Pace = pace, Desired = desired };
        return runner.RunAsync(
            name,
            operationId: null,
            (controller, cancellationToken) => controller.PlanAsync(request, cancellationToken),
            report => TableReport.WritePlans(runner.Out, runner.Style, report.Vms));
    }

    private static Command Create(CommandContext context, PracticeDefinition practice)
    {
        var command = new Command(practice.Word, $"Show what would change of {practice.Summary}");
        var selection = new SelectionOptions();
        var desired = new PracticeOptions(practice);
        selection.AddTo(command, required: true);
        desired.AddTo(command);
        command.SetAction((result, _) =>
        {
            var invocation = context.Invocation(result);
            return RunAsync(context.Runner(invocation), $"plan {practice.Word}", selection.Read(result), invocation.ReadPace(practice.TimeLimit), desired.Read(result));
        });
        return command;
    }
}
