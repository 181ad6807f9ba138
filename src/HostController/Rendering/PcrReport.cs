using System.Globalization;
using System.Text;
using GuestTune.Controller.Cli;
using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.Controller.V1;
using GuestTune.MeasuredBoot.Tpm;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.Rendering;

/// <summary>Writes registers, quotes and boot stories. What no quote proves is marked so, wherever it stands.</summary>
internal static class PcrReport
{
    private const int MaximumEventText = 300;

    /// <param name="isPlain">Exactly what tpm2_pcrread prints; of several VMs each below its name.</param>
    /// <param name="hasAllBanks">Banks without a register are shown as well.</param>
    public static void WriteValues(TextWriter output, IReadOnlyList<VmOutcome> vms, bool isPlain, bool hasAllBanks)
    {
        foreach (var (vm, answer) in vms.Where(static v => v.Result.Pcrs is not null).Select(static v => (v.Vm, v.Result.Pcrs)))
        {
            if (!isPlain)
            {
                output.WriteLine($"{Shown(vm)}: unauthenticated, as the guest read them from {Shown(answer.Source)} ('pcr quote' proves them)");
                if (answer.DeviceProblem.Length > 0)
                {
                    output.WriteLine($"{Shown(vm)}: the TPM itself was not asked: {TerminalText.Escape(answer.DeviceProblem, MaximumEventText)}");
                }
            }
            else if (vms.Count > 1)
            {
                output.WriteLine($"{Shown(vm)}:");
            }

            foreach (var bank in answer.Banks.Where(b => hasAllBanks || b.Mask != 0))
            {
                output.Write(Tpm2Layout(bank));
            }
        }
    }

    /// <summary>One row for each register, and a line for each VM that says whether they are proven.</summary>
    public static void WriteQuotes(TextWriter output, TableStyle style, IReadOnlyList<VmOutcome> vms)
    {
        var table = new TextTable("VM", "PCR", "PROOF", "EVENT LOG", "VALUE");
        foreach (var (vm, result) in Results(vms))
        {
            foreach (var value in result.Evidence.Banks.SelectMany(GuestAnswer.Values))
            {
                table.AddRow(
                    (vm, CellTone.Plain),
                    (Number(value.Index), CellTone.Plain),
                    result.Judgement.Proven ? ("proven", CellTone.Good) : ("not proven", CellTone.Bad),
                    LogCell(result, value.Index),
                    (Convert.ToHexStringLower(value.Digest), CellTone.Plain));
            }
        }

        if (!table.IsEmpty)
        {
            table.WriteTo(output, style);
        }

        foreach (var (vm, result) in Results(vms))
        {
            WriteSummary(output, vm, result);
        }
    }

    /// <summary>The story of each boot; a row says for itself how much of it is proven.</summary>
    public static void WriteEvents(TextWriter output, TableStyle style, IReadOnlyList<VmOutcome> vms, PcrSelection shown)
    {
        foreach (var (vm, result) in Results(vms))
        {
            WriteSummary(output, vm, result);
            var table = new TextTable("EVENT", "PCR", "TYPE", "PROOF", "WHAT");
            foreach (var line in BootStory.Of(result).Where(l => shown.Contains(l.Story.Event.Pcr)))
            {
                table.AddRow(
                    (Number(line.Story.Event.Number), CellTone.Plain),
                    (Number(line.Story.Event.Pcr), CellTone.Plain),
                    (line.Story.Event.TypeName, CellTone.Plain),
                    (Words.Of(line.Proof), Tone(line.Proof)),
                    (TerminalText.Escape(line.Story.Text, MaximumEventText), CellTone.Plain));
            }

            if (!table.IsEmpty)
            {
                table.WriteTo(output, style);
            }
        }
    }

    /// <summary>As tpm2_pcrread of tpm2-tools 5 prints a bank: numbers in two columns, digests in upper case.</summary>
    private static string Tpm2Layout(AgentApi.PcrBankValues bank)
    {
        var text = new StringBuilder();
        text.Append("  ").Append(PcrBank.Find((TpmAlgorithm)bank.Algorithm)!.Name).Append(":\n");
        foreach (var value in GuestAnswer.Values(bank))
        {
            text.Append("    ").Append(Number(value.Index).PadRight(2)).Append(": 0x").Append(Convert.ToHexString(value.Digest)).Append('\n');
        }

        return text.ToString();
    }

    private static void WriteSummary(TextWriter output, string vm, EvidenceResult result)
    {
        var (evidence, judgement) = (result.Evidence, result.Judgement);
        var bank = PcrBank.Find((TpmAlgorithm)evidence.Selection.Algorithm)!.Name;
        var clock = judgement.Clock is { } at ? $"; resets {at.ResetCount}, restarts {at.RestartCount}, clock {Durations.Of(at.ClockMs * 1_000_000)}" : "";
        output.WriteLine($"{Shown(vm)}: {(judgement.Proven ? "proven" : "NOT PROVEN")}: bank {bank}, key {Words.Of(judgement.Key)}{clock}");
        if (evidence.EventLogProblem.Length > 0)
        {
            output.WriteLine($"{Shown(vm)}: no event log: {TerminalText.Escape(evidence.EventLogProblem, MaximumEventText)}");
        }
    }

    private static (string, CellTone) LogCell(EvidenceResult result, int pcr)
    {
        if (result.Judgement.Pcrs.FirstOrDefault(p => p.Pcr == pcr) is not { } judged)
        {
            return (result.Evidence.HasEventLog ? "not usable" : "no log", CellTone.Notice);
        }

        var word = Words.Of(judged.Log);
        return judged.Log switch
        {
            LogStanding.Proven => (word, CellTone.Good),
            LogStanding.Mismatch => (judged.HasSuspectEvent ? $"{word} at event {judged.SuspectEvent}" : word, CellTone.Bad),
            LogStanding.NotCovered => (word, CellTone.Notice),
            _ => (word, CellTone.Plain),
        };
    }

    private static CellTone Tone(EventProof proof) => proof switch
    {
        EventProof.Data or EventProof.Content => CellTone.Good,
        EventProof.None => CellTone.Bad,
        EventProof.Digest => CellTone.Notice,
        _ => CellTone.Plain,
    };

    private static IEnumerable<(string Vm, EvidenceResult Result)> Results(IReadOnlyList<VmOutcome> vms) =>
        vms.Where(static v => v.Result.Evidence is not null).Select(static v => (v.Vm, v.Result.Evidence));

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Shown(string text) => TerminalText.Escape(text, 200);
}
