using System.CommandLine;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.HostPractices;
using GuestTune.Controller.Practices;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune host</c>: the practices of the machine that the VMs run on.</summary>
internal static class HostCommand
{
    private const string Subject = "HOST";

    public static Command Create(CommandContext context)
    {
        var command = new Command("host", "Show and change practices of this host itself: polling, kworkers, huge pages, who may call libvirt");
        var root = new Option<string?>("--root")
        {
            HelpName = "DIR",
            Description = "tune the tree below DIR in place of the running system; what was changed is remembered in it, unless --state is given",
            Recursive = true,
        };
        root.Validators.Add(result =>
        {
            if (GlobalOptions.IsGiven(result, context.Options.Controller))
            {
                result.AddError("--root and --controller exclude each other: a daemon serves the running system");
            }
        });
        command.Add(root);
        command.Add(CreateStatus(context, root));
        command.Add(PerPractice("get", "Show what the host has of a practice, with the evidence", HostPracticeCatalog.Shown, practice => CreateGet(context, root, practice)));
        command.Add(PerPractice("plan", "Show what a set would change; changes nothing", HostPracticeCatalog.All, practice => CreatePlan(context, root, practice)));
        command.Add(PerPractice("set", "Change a practice of the host; every change is read back and can be undone", HostPracticeCatalog.All, practice => CreateSet(context, root, practice)));
        command.Add(LibvirtAuthCommand.Create(context, root));
        command.Add(CreateUndo(context, root));
        command.Add(CreateHistory(context, root));
        return command;
    }

    private static Command PerPractice(string name, string description, IReadOnlyList<PracticeDefinition> practices, Func<PracticeDefinition, Command> create)
    {
        var command = new Command(name, description);
        foreach (var practice in practices)
        {
            command.Add(create(practice));
        }

        return command;
    }

    private static Command CreateStatus(CommandContext context, Option<string?> root)
    {
        var command = new Command("status", "Show every practice of the host: a verdict each");
        var explain = new Option<bool>("--explain") { Description = "also the evidence: every value with the file that it was read from" };
        command.Add(explain);
        command.SetAction((result, _) =>
        {
            var runner = new HostCommandRunner(context, result, root);
            return runner.RunAsync(
                "host status",
                operationId: null,
                async (host, cancellationToken) => new VmEvent { Observe = await host.ObserveAsync(new Agent.V1.ObserveRequest(), cancellationToken) },
                answer => HostReport.WriteStatus(runner.Out, runner.Style, answer.Result.Observe, result.GetValue(explain)));
        });
        return command;
    }

    private static Command CreateGet(CommandContext context, Option<string?> root, PracticeDefinition practice)
    {
        var command = new Command(practice.Word, $"Show {practice.Summary}");
        command.SetAction((result, _) =>
        {
            var runner = new HostCommandRunner(context, result, root);
            return runner.RunAsync(
                $"host get {practice.Word}",
                operationId: null,
                async (host, cancellationToken) => new VmEvent { Observe = await host.ObserveAsync(new Agent.V1.ObserveRequest { Practices = { practice.Id } }, cancellationToken) },
                answer => HostReport.WriteEvidence(runner.Out, runner.Style, answer.Result.Observe));
        });
        return command;
    }

    private static Command CreatePlan(CommandContext context, Option<string?> root, PracticeDefinition practice)
    {
        var command = new Command(practice.Word, $"Show what would change of {practice.Summary}");
        var desired = new PracticeOptions(practice, "host");
        desired.AddTo(command);
        command.SetAction((result, _) => PlanAsync(new HostCommandRunner(context, result, root), $"host plan {practice.Word}", desired.Read(result)));
        return command;
    }

    private static Command CreateSet(CommandContext context, Option<string?> root, PracticeDefinition practice)
    {
        var command = new Command(practice.Word, $"Change {practice.Summary}");
        var desired = new PracticeOptions(practice, "host");
        var dryRun = new Option<bool>("--dry-run") { Description = "only show what would change" };
        var operation = OperationOptions.Id("id of this operation, to repeat it safely or to undo it");
        desired.AddTo(command);
        command.Add(dryRun);
        command.Add(operation);
        command.SetAction((result, _) =>
        {
            var (runner, name) = (new HostCommandRunner(context, result, root), $"host set {practice.Word}");
            return result.GetValue(dryRun) ? PlanAsync(runner, name, desired.Read(result)) : ApplyAsync(runner, name, desired.Read(result), result.GetValue(operation) ?? OperationId.New());
        });
        return command;
    }

    public static Task<int> ApplyAsync(HostCommandRunner runner, string name, Desired desired, string id)
    {
        var request = new Agent.V1.ApplyRequest { Desired = desired, OperationId = id };
        return runner.RunAsync(
            name,
            id,
            async (host, cancellationToken) => new VmEvent { Apply = await host.ApplyAsync(request, cancellationToken) },
            answer =>
            {
                TableReport.WriteOperations(runner.Out, runner.Style, [answer], Subject);
                runner.Out.WriteLine($"operation {id}; undo it with: guesttune host undo --operation {id}");
            });
    }

    public static Task<int> PlanAsync(HostCommandRunner runner, string name, Desired desired) => runner.RunAsync(
        name,
        operationId: null,
        async (host, cancellationToken) => new VmEvent { Plan = await host.PlanAsync(new Agent.V1.PlanRequest { Desired = desired }, cancellationToken) },
        answer => TableReport.WritePlans(runner.Out, runner.Style, [answer], Subject));

    private static Command CreateUndo(CommandContext context, Option<string?> root)
    {
        var command = new Command("undo", "Put back what an operation changed on the host");
        var target = OperationOptions.Create("--operation", "the operation to undo (default: the newest that can be undone)");
        var force = new Option<bool>("--force") { Description = "put the old values back even where somebody else has changed them since" };
        var operation = OperationOptions.Id("id of this undo, to repeat it safely");
        command.Add(target);
        command.Add(force);
        command.Add(operation);
        command.SetAction((result, _) =>
        {
            var runner = new HostCommandRunner(context, result, root);
            var id = result.GetValue(operation) ?? OperationId.New();
            var request = new Agent.V1.UndoRequest { OperationId = id, TargetOperationId = result.GetValue(target) ?? "", Force = result.GetValue(force) };
            return runner.RunAsync(
                "host undo",
                id,
                async (host, cancellationToken) => new VmEvent { Undo = await host.UndoAsync(request, cancellationToken) },
                answer =>
                {
                    TableReport.WriteOperations(runner.Out, runner.Style, [answer], Subject);
                    runner.Out.WriteLine($"undo operation {id}");
                });
        });
        return command;
    }

    private static Command CreateHistory(CommandContext context, Option<string?> root)
    {
        var command = new Command("history", "Show the operations that were carried out on the host, the newest first");
        var limit = NumberOption.Create("--limit", "N", "at most so many operations (default: 50)", 1, FleetController.LargestHistoryLimit, whole: true);
        command.Add(limit);
        command.SetAction((result, _) =>
        {
            var runner = new HostCommandRunner(context, result, root);
            var request = new Agent.V1.HistoryRequest { Limit = (uint)(NumberOption.Value(result, limit) ?? 0) };
            return runner.RunAsync(
                "host history",
                operationId: null,
                async (host, cancellationToken) => new VmEvent { History = await host.HistoryAsync(request, cancellationToken) },
                answer => TableReport.WriteHistory(runner.Out, runner.Style, [answer], Subject));
        });
        return command;
    }
}
