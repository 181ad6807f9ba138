using System.CommandLine;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Practices;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune set PRACTICE</c>: changes settings in guests, or says what it would change.</summary>
internal static class SetCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new Command("set", "Change a practice in VMs; every change is read back and can be undone");
        foreach (var practice in PracticeCatalog.All)
        {
            command.Add(Create(context, practice));
        }

        return command;
    }

    private static Command Create(CommandContext context, PracticeDefinition practice)
    {
        var command = new Command(practice.Word, $"Change {practice.Summary}");
        var selection = new SelectionOptions();
        var desired = new PracticeOptions(practice);
        var dryRun = new Option<bool>("--dry-run") { Description = "only show what would change" };
        var reboot = new RebootFlags(isOptional: true);
        var operation = OperationOptions.Id("id of this operation, to repeat it safely or to undo it");
        selection.AddTo(command, required: true);
        desired.AddTo(command);
        command.Add(dryRun);
        reboot.AddTo(command);
        command.Add(operation);
        command.SetAction((result, _) =>
        {
            var invocation = context.Invocation(result);
            var runner = context.Runner(invocation);
            var (name, pace) = ($"set {practice.Word}", invocation.ReadPace(practice.TimeLimit));
            return result.GetValue(dryRun)
                ? PlanCommand.RunAsync(runner, name, selection.Read(result), pace, desired.Read(result))
                : ApplyAsync(runner, name, selection.Read(result), pace, desired.Read(result), reboot.Read(result), result.GetValue(operation) ?? OperationId.New());
        });
        return command;
    }

    private static Task<int> ApplyAsync(
        CommandRunner runner, string name, V1.Selection selection, Pace pace, Desired desired, RebootOptions? reboot, string id)
    {
        var request = new ApplyRequest { Selection = selection, Pace = pace, Desired = desired, OperationId = id, Reboot = reboot };
        return runner.RunAsync(
            name,
            id,
            (controller, cancellationToken) => controller.ApplyAsync(request, cancellationToken),
            report =>
            {
                TableReport.WriteOperations(runner.Out, runner.Style, report.Vms);
                RebootTable.Write(runner.Out, runner.Style, report.Vms);
                ForecastLines.Write(runner.Out, report.Vms);
                if (report.Vms.Any(vm => vm.Reached))
                {
                    runner.Out.WriteLine($"operation {id}; undo it with: guesttune undo VM... --operation {id}");
                }
            });
    }
}
