using System.CommandLine;
using GuestTune.Controller.MeasuredBoot.Baselines;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune pcr baseline</c>: keeps boots as references.</summary>
internal static class PcrBaselineCommand
{
    private const string DefaultPcrs = "0-9,11-14";

    public static Command Create(CommandContext context)
    {
        var command = new Command("baseline", "Keep boots to hold later ones against");
        command.Add(CreateSave(context));
        command.Add(CreateShow(context));
        command.Add(CreateRemove(context));
        return command;
    }

    private static Command CreateSave(CommandContext context)
    {
        const string path = "pcr baseline save";
        var command = new Command("save", "Keep how VMs were started: the registers that a quote proves, and the events that explain them");
        var selection = new SelectionOptions();
        var pcrs = new PcrChoiceOptions(DefaultPcrs);
        var name = new Option<string?>("--name") { HelpName = "NAME", Description = "a name for one VM's boot, to hold other VMs against (default: each VM gets a baseline of its own)" };
        var replace = new Option<bool>("--replace") { Description = "in the place of the baseline that is there" };
        var unproven = new Option<bool>("--unproven") { Description = "also where nothing proves the values; nothing is ever proven equal to such a baseline" };
        name.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && !ReferenceName.IsAllowed(text))
            {
                result.AddError($"--name cannot be '{TerminalText.Escape(text, 80)}'; it must be {ReferenceName.Rule}");
            }
        });
        selection.AddTo(command, required: true);
        pcrs.AddTo(command, withBank: true);
        command.Add(name);
        command.Add(replace);
        command.Add(unproven);
        command.SetAction((result, _) =>
        {
            var invocation = context.Invocation(result);
            var runner = context.Runner(invocation);
            var request = new SaveBaselineRequest
            {
                Selection = selection.Read(result),
                Pace = invocation.ReadPace(PcrTime.Limit),
                Name = result.GetValue(name) ?? "",
                Pcrs = pcrs.Read(result),
                Replace = result.GetValue(replace),
                AcceptUnproven = result.GetValue(unproven),
            };
            return runner.RunAsync(
                path,
                operationId: null,
                (controller, cancellationToken) => controller.SaveBaselineAsync(request, cancellationToken),
                report => BaselineReport.WriteSaved(runner.Out, report.Vms));
        });
        return command;
    }

    private static Command CreateShow(CommandContext context)
    {
        const string path = "pcr baseline show";
        var command = new Command("show", "List the baselines, or show one: its registers and events");
        var name = NameArgument(ArgumentArity.ZeroOrOne, "a VM, or the name of a baseline (vm:NAME, baseline:NAME where it is both)");
        command.Add(name);
        command.SetAction((result, _) =>
        {
            var invocation = context.Invocation(result);
            var runner = context.Runner(invocation);
            var wanted = result.GetValue(name);
            return runner.RunAsync(path, async (controller, cancellationToken) =>
            {
                var response = await controller.ListBaselinesAsync(new ListBaselinesRequest { Name = wanted ?? "" }, cancellationToken);
                if (invocation.Output == OutputFormat.Json)
                {
                    JsonReport.WriteBaselines(runner.Out, path, response.Baselines);
                }
                else if (wanted is null)
                {
                    BaselineReport.WriteList(runner.Out, runner.Style, response.Baselines);
                }
                else
                {
                    BaselineReport.WriteOne(runner.Out, runner.Style, response.Baselines[0]);
                }

                return ExitCode.Done;
            });
        });
        return command;
    }

    private static Command CreateRemove(CommandContext context)
    {
        const string path = "pcr baseline remove";
        var command = new Command("remove", "Forget a baseline");
        var name = NameArgument(ArgumentArity.ExactlyOne, "a VM, or the name of a baseline (vm:NAME, baseline:NAME where it is both)");
        command.Add(name);
        command.SetAction((result, _) =>
        {
            var invocation = context.Invocation(result);
            var runner = context.Runner(invocation);
            return runner.RunAsync(path, async (controller, cancellationToken) =>
            {
                var response = await controller.RemoveBaselineAsync(new RemoveBaselineRequest { Name = result.GetValue(name) }, cancellationToken);
                if (invocation.Output == OutputFormat.Json)
                {
                    JsonReport.WriteBaselines(runner.Out, path, [new BaselineEntry { Info = response.Removed }]);
                }
                else
                {
                    await runner.Out.WriteLineAsync($"removed {new BaselineId((MeasuredBoot.Baselines.BaselineScope)response.Removed.Scope, TerminalText.Escape(response.Removed.Name, 255))}");
                }

                return ExitCode.Done;
            });
        });
        return command;
    }

    private static Argument<string?> NameArgument(ArgumentArity arity, string description)
    {
        var argument = new Argument<string?>("NAME") { Description = description, Arity = arity };
        argument.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && (text.Length == 0 || text.StartsWith('-')))
            {
                result.AddError(text.Length == 0 ? "the name is empty; give the name of a VM or of a baseline" : $"there is no option '{TerminalText.Escape(text, 80)}'");
            }
        });
        return argument;
    }
}
