using System.CommandLine;
using GuestTune.Controller.Rendering;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune pcr quote</c>: registers as TPMs prove that they are.</summary>
internal static class PcrQuoteCommand
{
    public static Command Create(CommandContext context)
    {
        var command = new Command("quote", "Let TPMs sign their registers over a fresh nonce, verify that, and hold the event log against it");
        var options = new EvidenceOptions();
        options.AddTo(command);
        command.SetAction((result, _) =>
        {
            var runner = context.Runner(context.Invocation(result));
            var request = options.Read(result, context.Invocation(result), logIsRequired: false);
            return runner.RunAsync(
                "pcr quote",
                operationId: null,
                (controller, cancellationToken) => controller.CollectEvidenceAsync(request, cancellationToken),
                report => PcrReport.WriteQuotes(runner.Out, runner.Style, report.Vms));
        });
        return command;
    }
}
