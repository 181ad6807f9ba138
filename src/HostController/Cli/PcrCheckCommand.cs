using System.CommandLine;
using GuestTune.Controller.MeasuredBoot.Baselines;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune pcr check</c>: holds boots against a reference.</summary>
internal static class PcrCheckCommand
{
    private const string Name = "pcr check";

    public static Command Create(CommandContext context)
    {
        var command = new Command("check", "Hold how VMs were started against a reference: which registers differ, by which event, and what it was before");
        var selection = new SelectionOptions();
        var pcrs = new PcrChoiceOptions("those of the reference");
        var against = new Option<string>("--against")
        {
            HelpName = "baseline|NAME|VM",
            Description = "each VM's own baseline, a named one, or another VM (default: baseline)",
            DefaultValueFactory = static _ => ReferenceName.Own,
        };
        against.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value.Length: 0 }])
            {
                result.AddError("--against is empty; give baseline, the name of a baseline, or a VM");
            }
        });
        selection.AddTo(command, required: true);
        pcrs.AddTo(command, withBank: false);
        command.Add(against);
        command.SetAction((result, _) =>
        {
            var invocation = context.Invocation(result);
            var runner = context.Runner(invocation);
            var request = new CheckBootRequest
            {
                Selection = selection.Read(result),
                Pace = invocation.ReadPace(PcrTime.Limit),
                Against = result.GetValue(against),
                PcrMask = pcrs.ReadMask(result),
            };
            return runner.RunAsync(
                Name,
                operationId: null,
                (controller, cancellationToken) => controller.CheckBootAsync(request, cancellationToken),
                report => BaselineReport.WriteChecks(runner.Out, report.Vms));
        });
        return command;
    }
}
