using System.CommandLine;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Practices;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune undo</c>: puts back what an operation changed.</summary>
internal static class UndoCommand
{
    private const string Name = "undo";

    public static Command Create(CommandContext context)
    {
        var command = new Command(Name, "Put back what an operation changed in VMs");
        var selection = new SelectionOptions();
        var target = OperationOptions.Create("--operation", "the operation to undo (default: in each VM the newest that can be undone)");
        var force = new Option<bool>("--force") { Description = "put the old values back even where somebody else has changed them since" };
        var reboot = new RebootFlags(isOptional: true);
        var operation = OperationOptions.Id("id of this undo, to repeat it safely");
        selection.AddTo(command, required: true);
        command.Add(target);
        command.Add(force);
        reboot.AddTo(command);
        command.Add(operation);
        command.SetAction((result, _) =>
        {
            var invocation = context.Invocation(result);
            var runner = context.Runner(invocation);
            var id = result.GetValue(operation) ?? OperationId.New();
            var request = new UndoRequest
            {
                Selection = selection.Read(result),
                Pace = invocation.ReadPace(PracticeCatalog.LongestTimeLimit),
                OperationId = id,
                TargetOperationId = result.GetValue(target) ?? "",
                Force = result.GetValue(force),
                Reboot = reboot.Read(result),
            };
            return runner.RunAsync(
                Name,
                id,
                (controller, cancellationToken) => controller.UndoAsync(request, cancellationToken),
                report =>
                {
                    TableReport.WriteOperations(runner.Out, runner.Style, report.Vms);
                    RebootTable.Write(runner.Out, runner.Style, report.Vms);
                    ForecastLines.Write(runner.Out, report.Vms);
                    if (report.Vms.Any(vm => vm.Reached))
                    {
                        runner.Out.WriteLine($"undo operation {id}");
                    }
                });
        });
        return command;
    }
}
