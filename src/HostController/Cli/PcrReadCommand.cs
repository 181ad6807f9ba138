using System.CommandLine;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;
using GuestTune.MeasuredBoot.Tpm;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.Cli;

/// <summary><c>guesttune pcr read</c>: registers as guests say that they are.</summary>
internal static class PcrReadCommand
{
    private const string Tpm2Format = "tpm2";

    /// <summary>A TPM under emulation, or tpm2-tools in its place, take their time.</summary>
    internal static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(30);

    public static Command Create(CommandContext context)
    {
        var command = new Command("read", "Show the registers of TPMs, as guests say that they are: not authenticated");
        var selection = new SelectionOptions();
        var banks = PcrOptions.Banks();
        var pcrs = PcrOptions.Pcrs();
        var format = new Option<string?>("--format") { HelpName = Tpm2Format, Description = "tpm2: exactly what tpm2_pcrread prints" };
        format.CompletionSources.Add(Tpm2Format);
        format.Validators.Add(static result =>
        {
            if (result.Tokens.Count > 0 && !string.Equals(result.Tokens[0].Value, Tpm2Format, StringComparison.Ordinal))
            {
                result.AddError($"--format cannot be '{TerminalText.Escape(result.Tokens[0].Value, 40)}'; it can only be {Tpm2Format}");
            }
        });
        selection.AddTo(command, required: true);
        command.Add(banks);
        command.Add(pcrs);
        command.Add(format);
        command.SetAction((result, _) =>
        {
            var invocation = context.Invocation(result);
            var runner = context.Runner(invocation);
            var mask = PcrOptions.ReadMask(result, pcrs);
            var names = result.GetValue(banks) is { Length: > 0 } given ? given : mask == PcrSelection.AllPcrs ? [] : [.. PcrBank.All.Select(static b => b.Name)];
            var request = new ReadPcrsRequest { Selection = selection.Read(result), Pace = invocation.ReadPace(TimeLimit) };
            request.Pcrs.AddRange(names.Select(n => new AgentApi.PcrSelection { Algorithm = (uint)PcrBank.Find(n)!.Algorithm, Mask = mask }));
            var isPlain = result.GetValue(format) is not null;
            return runner.RunAsync(
                "pcr read",
                operationId: null,
                (controller, cancellationToken) => controller.ReadPcrsAsync(request, cancellationToken),
                report => PcrReport.WriteValues(runner.Out, report.Vms, isPlain, hasAllBanks: names.Length == 0 || result.GetValue(banks) is { Length: > 0 }));
        });
        return command;
    }
}
