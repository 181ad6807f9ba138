using System.CommandLine;
using GuestTune.Controller.Rendering;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune pcr events</c>: what was measured while guests started, and how much of it is proven.</summary>
internal static class PcrEventsCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new Command("events", "Tell what was measured while VMs started, event by event, and how much of that a quote proves");
        var options = new EvidenceOptions();
        options.AddTo(command);
        command.SetAction((result, _) =>
        {
            var runner = context.Runner(context.Invocation(result));
            var request = options.Read(result, context.Invocation(result), logIsRequired: true);
            return runner.RunAsync(
                "pcr events",
                operationId: null,
                (controller, cancellationToken) => controller.CollectEvidenceAsync(request, cancellationToken),
                report => PcrReport.WriteEvents(runner.Out, runner.Style, report.Vms, new PcrSelection((TpmAlgorithm)request.Pcrs.Algorithm, request.Pcrs.Mask)));
        });
        return command;
    }
}
