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

    private static Command Create(CommandContext context, GuestPractice practice)
    {
        var command = new Command(practice.Word, $"Change {practice.Summary}");
        var selection = new SelectionOptions();
        var settings = practice.Settings.Select(s => (Setting: s, Option: SettingOption(s))).ToArray();
        var persist = new Option<bool>("--persist") { Description = "also after a reboot of the guest" };
        var dryRun = new Option<bool>("--dry-run") { Description = "only show what would change" };
        var operation = OperationOptions.Id("id of this operation, to repeat it safely or to undo it");
        selection.AddTo(command, required: true);
        foreach (var (_, option) in settings)
        {
            command.Add(option);
        }

        command.Add(persist);
        command.Add(dryRun);
        command.Add(operation);
        command.Validators.Add(result =>
        {
            if (!settings.Any(s => result.GetResult(s.Option) is not null))
            {
                result.AddError($"no setting of {practice.Word} is given; give at least one of {string.Join(", ", settings.Select(s => s.Setting.Option))}");
            }
        });
        command.SetAction((result, _) =>
        {
            var invocation = context.Invocation(result);
            var runner = context.Runner(invocation);
            var desired = new Desired { Practice = practice.Id, Persist = result.GetValue(persist) };
            foreach (var (setting, option) in settings)
            {
                if (result.GetValue(option) is { } value)
                {
                    desired.Settings.Add(setting.Name, value);
                }
            }

            return result.GetValue(dryRun)
                ? PlanAsync(runner, $"set {practice.Word}", selection.Read(result), invocation.ReadPace(), desired)
                : ApplyAsync(runner, $"set {practice.Word}", selection.Read(result), invocation.ReadPace(), desired, result.GetValue(operation) ?? OperationId.New());
        });
        return command;
    }

    private static Task<int> PlanAsync(CommandRunner runner, string name, V1.Selection selection, Pace pace, Desired desired)
    {
        var request = new PlanRequest { Selection = selection, Pace = pace, Desired = desired };
        return runner.RunAsync(
            name,
            operationId: null,
            (controller, cancellationToken) => controller.PlanAsync(request, cancellationToken),
            report => TableReport.WritePlans(runner.Out, runner.Style, report.Vms));
    }

    private static Task<int> ApplyAsync(CommandRunner runner, string name, V1.Selection selection, Pace pace, Desired desired, string id)
    {
        var request = new ApplyRequest { Selection = selection, Pace = pace, Desired = desired, OperationId = id };
        return runner.RunAsync(
            name,
            id,
            (controller, cancellationToken) => controller.ApplyAsync(request, cancellationToken),
            report =>
            {
                TableReport.WriteOperations(runner.Out, runner.Style, report.Vms);
                if (report.Vms.Any(vm => vm.Reached))
                {
                    runner.Out.WriteLine($"operation {id}; undo it with: guesttune undo VM... --operation {id}");
                }
            });
    }

    private static Option<string?> SettingOption(PracticeSetting setting)
    {
        var option = new Option<string?>(setting.Option)
        {
            HelpName = setting.Kind == SettingKind.Switch ? "true|false" : "N",
            Description = $"{setting.Description} ({setting.Allowed})",
        };
        if (setting.Kind == SettingKind.Switch)
        {
            option.CompletionSources.Add("true", "false");
        }

        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && setting.Check(setting.Option, result.Tokens[0].Value) is { } mistake)
            {
                result.AddError(mistake);
            }
        });
        return option;
    }
}
