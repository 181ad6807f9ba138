using System.CommandLine;
using GuestTune.Controller.DomainXml;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Practices;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune vm</c>: the practices that are in libvirt's definitions of domains.</summary>
internal static class VmCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new Command("vm", "Show and change what libvirt's definitions of VMs have of practices, whether they run or not");
        command.Add(CreateStatus(context));
        command.Add(PerPractice("get", "Show what VMs have of a practice, defined and running, with the evidence", practice => CreateGet(context, practice)));
        command.Add(PerPractice("plan", "Show what a set would change, the definition as a diff, and when it counts; changes nothing", practice => CreatePlan(context, practice)));
        command.Add(PerPractice("set", "Change a practice in the definitions of VMs, and at once where libvirt can; every change is read back and can be undone", practice => CreateSet(context, practice)));
        command.Add(CreateUndo(context));
        command.Add(CreateHistory(context));
        command.Add(CreateDiff(context));
        return command;
    }

    private static Command PerPractice(string name, string description, Func<PracticeDefinition, Command> create)
    {
        var command = new Command(name, description);
        foreach (var practice in DomainPracticeCatalog.All)
        {
            command.Add(create(practice));
        }

        return command;
    }

    private static Command CreateStatus(CommandContext context)
    {
        var command = new Command("status", "Show every practice of VMs: a verdict each");
        var selection = new SelectionOptions();
        var explain = new Option<bool>("--explain") { Description = "also why, with the evidence" };
        selection.AddTo(command, required: true);
        command.Add(explain);
        command.SetAction((result, _) =>
        {
            var (invocation, runner) = Start(context, result);
            var request = new ObserveRequest { Selection = selection.Read(result), Pace = invocation.ReadPace(DomainPracticeCatalog.TimeLimit) };
            return runner.RunOnDomainsAsync(
                "vm status",
                operationId: null,
                (domains, cancellationToken) => domains.ObserveAsync(request, cancellationToken),
                report => TableReport.WriteStatus(runner.Out, runner.Style, report.Vms, result.GetValue(explain), DomainPracticeCatalog.All));
        });
        return command;
    }

    private static Command CreateGet(CommandContext context, PracticeDefinition practice)
    {
        var command = new Command(practice.Word, $"Show {practice.Summary}");
        var selection = new SelectionOptions();
        selection.AddTo(command, required: true);
        command.SetAction((result, _) =>
        {
            var (invocation, runner) = Start(context, result);
            var request = new ObserveRequest { Selection = selection.Read(result), Pace = invocation.ReadPace(practice.TimeLimit), Practices = { practice.Id } };
            return runner.RunOnDomainsAsync(
                $"vm get {practice.Word}",
                operationId: null,
                (domains, cancellationToken) => domains.ObserveAsync(request, cancellationToken),
                report => TableReport.WriteStatus(runner.Out, runner.Style, report.Vms, explain: true, [practice]));
        });
        return command;
    }

    private static Command CreatePlan(CommandContext context, PracticeDefinition practice)
    {
        var command = new Command(practice.Word, $"Show what would change of {practice.Summary}");
        var selection = new SelectionOptions();
        var desired = new PracticeOptions(practice);
        selection.AddTo(command, required: true);
        desired.AddTo(command);
        command.SetAction((result, _) => PlanAsync(context, result, $"vm plan {practice.Word}", selection.Read(result), desired.Read(result)));
        return command;
    }

    private static Task<int> PlanAsync(CommandContext context, ParseResult result, string name, V1.Selection selection, Desired desired)
    {
        var (invocation, runner) = Start(context, result);
        var request = new PlanRequest { Selection = selection, Pace = invocation.ReadPace(DomainPracticeCatalog.TimeLimit), Desired = desired };
        return runner.RunOnDomainsAsync(
            name,
            operationId: null,
            (domains, cancellationToken) => domains.PlanAsync(request, cancellationToken),
            report => TableReport.WritePlans(runner.Out, runner.Style, report.Vms));
    }

    private static Command CreateSet(CommandContext context, PracticeDefinition practice)
    {
        var command = new Command(practice.Word, $"Change {practice.Summary}");
        var selection = new SelectionOptions();
        var desired = new PracticeOptions(practice);
        var dryRun = new Option<bool>("--dry-run") { Description = "only show what would change" };
        var definition = new Option<string?>("--definition") { HelpName = "ID", Description = "refuse if the definition is not this one any more; a plan names it" };
        var operation = OperationOptions.Id("id of this operation, to repeat it safely or to undo it");
        selection.AddTo(command, required: true);
        desired.AddTo(command);
        command.Add(dryRun);
        command.Add(definition);
        command.Add(operation);
        command.SetAction((result, _) =>
        {
            var name = $"vm set {practice.Word}";
            if (result.GetValue(dryRun))
            {
                return PlanAsync(context, result, name, selection.Read(result), desired.Read(result));
            }

            var (invocation, runner) = Start(context, result);
            var id = result.GetValue(operation) ?? OperationId.New();
            var request = new ApplyDomainRequest
            {
                Selection = selection.Read(result),
                Pace = invocation.ReadPace(practice.TimeLimit),
                Desired = desired.Read(result),
                OperationId = id,
                Definition = result.GetValue(definition) ?? "",
            };
            return runner.RunOnDomainsAsync(
                name,
                id,
                (domains, cancellationToken) => domains.ApplyAsync(request, cancellationToken),
                report =>
                {
                    TableReport.WriteOperations(runner.Out, runner.Style, report.Vms);
                    if (report.Vms.Any(static vm => vm.Operation is not null))
                    {
                        runner.Out.WriteLine($"operation {id}; undo it with: guesttune vm undo VM... --operation {id}");
                    }
                });
        });
        return command;
    }

    private static Command CreateUndo(CommandContext context)
    {
        var command = new Command("undo", "Put back what an operation changed in VMs; a virtual TPM keeps its state");
        var selection = new SelectionOptions();
        var target = OperationOptions.Create("--operation", "the operation to undo (default: of each VM the newest that can be undone)");
        var force = new Option<bool>("--force") { Description = "put the old values back even where somebody else has changed them since" };
        var operation = OperationOptions.Id("id of this undo, to repeat it safely");
        selection.AddTo(command, required: true);
        command.Add(target);
        command.Add(force);
        command.Add(operation);
        command.SetAction((result, _) =>
        {
            var (invocation, runner) = Start(context, result);
            var id = result.GetValue(operation) ?? OperationId.New();
            var request = new UndoRequest
            {
                Selection = selection.Read(result),
                Pace = invocation.ReadPace(DomainPracticeCatalog.TimeLimit),
                OperationId = id,
                TargetOperationId = result.GetValue(target) ?? "",
                Force = result.GetValue(force),
            };
            return runner.RunOnDomainsAsync(
                "vm undo",
                id,
                (domains, cancellationToken) => domains.UndoAsync(request, cancellationToken),
                report =>
                {
                    TableReport.WriteOperations(runner.Out, runner.Style, report.Vms);
                    if (report.Vms.Any(static vm => vm.Operation is not null))
                    {
                        runner.Out.WriteLine($"undo operation {id}");
                    }
                });
        });
        return command;
    }

    private static Command CreateHistory(CommandContext context)
    {
        var command = new Command("history", "Show the operations on the definitions of VMs, the newest first");
        var selection = new SelectionOptions();
        var limit = NumberOption.Create("--limit", "N", "at most so many operations of each VM (default: 50)", 1, FleetController.LargestHistoryLimit, whole: true);
        selection.AddTo(command, required: true);
        command.Add(limit);
        command.SetAction((result, _) =>
        {
            var (invocation, runner) = Start(context, result);
            var request = new HistoryRequest
            {
                Selection = selection.Read(result),
                Pace = invocation.ReadPace(DomainPracticeCatalog.TimeLimit),
                Limit = (uint)(NumberOption.Value(result, limit) ?? 0),
            };
            return runner.RunOnDomainsAsync(
                "vm history",
                operationId: null,
                (domains, cancellationToken) => domains.HistoryAsync(request, cancellationToken),
                report => TableReport.WriteHistory(runner.Out, runner.Style, report.Vms));
        });
        return command;
    }

    private static Command CreateDiff(CommandContext context)
    {
        var command = new Command("diff", "Show the running VM against its definition; with a practice and its settings also that against what is desired");
        var selection = new SelectionOptions();
        selection.AddTo(command, required: true);
        command.SetAction((result, _) => DiffAsync(context, result, "vm diff", selection.Read(result), desired: null));
        foreach (var practice in DomainPracticeCatalog.All)
        {
            var one = new Command(practice.Word, $"Also with what would change of {practice.Summary}");
            var (ofOne, desired) = (new SelectionOptions(), new PracticeOptions(practice));
            ofOne.AddTo(one, required: true);
            desired.AddTo(one);
            one.SetAction((result, _) => DiffAsync(context, result, $"vm diff {practice.Word}", ofOne.Read(result), desired.Read(result)));
            command.Add(one);
        }

        return command;
    }

    private static Task<int> DiffAsync(CommandContext context, ParseResult result, string name, V1.Selection selection, Desired? desired)
    {
        var (invocation, runner) = Start(context, result);
        var request = new DiffDomainRequest { Selection = selection, Pace = invocation.ReadPace(DomainPracticeCatalog.TimeLimit), Desired = desired };
        return runner.RunOnDomainsAsync(
            name,
            operationId: null,
            (domains, cancellationToken) => domains.DiffAsync(request, cancellationToken),
            report => FileDiffReport.Write(runner.Out, runner.Style, report.Vms.SelectMany(static vm => vm.Result.Plan?.Plan.Files ?? [])));
    }

    private static (Invocation, CommandRunner) Start(CommandContext context, ParseResult result)
    {
        var invocation = context.Invocation(result);
        return (invocation, context.Runner(invocation));
    }
}
