using System.CommandLine;
using GuestTune.Controller.Practices;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune get PRACTICE</c>: what guests have configured and what is in force there.</summary>
internal static class GetCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new Command("get", "Show what VMs have of a practice, with the evidence");
        foreach (var practice in PracticeCatalog.All)
        {
            command.Add(Create(context, practice));
        }

        return command;
    }

    private static Command Create(CommandContext context, PracticeDefinition practice)
    {
        var command = new Command(practice.Word, $"Show {practice.Summary}");
        var selection = new SelectionOptions();
        selection.AddTo(command, required: true);
        command.SetAction((result, _) =>
        {
            var invocation = context.Invocation(result);
            var runner = context.Runner(invocation);
            var request = new ObserveRequest { Selection = selection.Read(result), Pace = invocation.ReadPace(), Practices = { practice.Id } };
            return runner.RunAsync(
                $"get {practice.Word}",
                operationId: null,
                (controller, cancellationToken) => controller.ObserveAsync(request, cancellationToken),
                report => TableReport.WriteObservations(runner.Out, runner.Style, practice, report.Vms));
        });
        return command;
    }
}
