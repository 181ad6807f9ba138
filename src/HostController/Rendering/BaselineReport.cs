using GuestTune.Controller.Cli;
using GuestTune.Controller.V1;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.Rendering;

/// <summary>Baselines, and how boots compare with them, for people.</summary>
internal static class BaselineReport
{
    private const string TimeFormat = "yyyy-MM-dd HH:mm:ss";
    private const int MaxNameLength = 255;

    public static void WriteList(TextWriter output, TableStyle style, IReadOnlyList<BaselineEntry> baselines)
    {
        var table = new TextTable("BASELINE", "OF", "SAVED (UTC)", "BOOT", "VALUES");
        foreach (var info in baselines.Select(static b => b.Info))
        {
            table.AddRow(
                (Named(info), CellTone.Plain),
                (info.Vm, CellTone.Plain),
                (Timestamps.Format(info.SavedAt, TimeFormat), CellTone.Plain),
                (info.BootId, CellTone.Plain),
                (info.IsProven ? "proven" : "unauthenticated", info.IsProven ? CellTone.Good : CellTone.Notice));
        }

        if (table.IsEmpty)
        {
            output.WriteLine("no baseline was saved yet");
            return;
        }

        table.WriteTo(output, style);
    }

    public static void WriteOne(TextWriter output, TableStyle style, BaselineEntry baseline)
    {
        var info = baseline.Info;
        output.WriteLine(
            $"{Shown(Named(info))}: boot {Shown(info.BootId)} of {Shown(info.Vm)}, collected {Timestamps.Format(info.CollectedAt, TimeFormat)}, "
            + $"saved {Timestamps.Format(info.SavedAt, TimeFormat)} UTC, {(info.IsProven ? "proven by a quote" : "unauthenticated: never proven")}");
        var bank = PcrBank.Find((TpmAlgorithm)baseline.Bank);
        var table = new TextTable("PCR", bank?.Name ?? $"0x{baseline.Bank:x4}");
        foreach (var value in baseline.Values)
        {
            table.AddRow($"{value.Pcr}", BootFindings.Hex(value.Digest));
        }

        table.WriteTo(output, style);
        WritePredicted(output, style, baseline);
        if (baseline.EventLog.IsEmpty || bank is not { CanHash: true })
        {
            output.WriteLine($"no event log: {Shown(baseline.EventLogProblem)}");
            return;
        }

        WriteEvents(output, style, baseline, bank);
    }

    public static void WriteSaved(TextWriter output, IReadOnlyList<VmOutcome> vms)
    {
        foreach (var vm in vms)
        {
            if (vm.Result.BaselineSaved is not { } saved)
            {
                continue;
            }

            output.WriteLine(
                $"{Shown(vm.Vm)}: {(saved.Replaced ? "replaced" : "saved")} {(saved.Info.Scope == BaselineScope.Vm ? "its baseline" : $"the baseline '{Shown(saved.Info.Name)}'")}: "
                + $"{saved.RegisterCount} registers, {(saved.Info.IsProven ? "proven" : "unauthenticated")}, "
                + (saved.EventLogProblem.Length == 0 ? "with an event log" : $"without an event log ({TerminalText.Escape(saved.EventLogProblem, 400)})"));
        }
    }

    public static void WriteChecks(TextWriter output, IReadOnlyList<VmOutcome> vms)
    {
        foreach (var vm in vms)
        {
            if (vm.Result.BootCheck is not { } check)
            {
                continue;
            }

            output.WriteLine($"{Shown(vm.Vm)}: {(BootFindings.IsProvenEqual(check) ? $"proven equal to {Shown(check.Reference)} ({check.Pcrs.Count} registers)" : BootFindings.Summary(check))}");
            foreach (var note in BootFindings.IsProvenEqual(check) ? check.Notes.Concat(check.Unpredicted) : check.Notes)
            {
                output.WriteLine($"  {TerminalText.Escape(note, 1000)}");
            }

            foreach (var pcr in check.Pcrs)
            {
                foreach (var line in BootFindings.Details(pcr))
                {
                    output.WriteLine($"  PCR {pcr.Pcr}: {line}");
                }
            }
        }
    }

    private static void WritePredicted(TextWriter output, TableStyle style, BaselineEntry baseline)
    {
        if (baseline.Predicted.Count == 0)
        {
            return;
        }

        var table = new TextTable("PREDICTED START", "STATE", "AT (UTC)", "FOR RESETS", "PCR 8", "PCR 9");
        foreach (var start in baseline.Predicted)
        {
            table.AddRow(
                start.What,
                start.Problem.Length == 0 ? Words.Of(start.State) : $"{Words.Of(start.State)}, not predicted: {start.Problem}",
                Timestamps.Format(start.PredictedAt, TimeFormat),
                !start.HasUntilReset ? $"{start.AfterReset + 1} and later" : start.UntilReset > start.AfterReset ? $"{start.AfterReset + 1} to {start.UntilReset}" : "none",
                ValueOf(start, 8),
                ValueOf(start, 9));
        }

        table.WriteTo(output, style);

        static string ValueOf(PredictedStart start, uint pcr) => start.Values.FirstOrDefault(v => v.Pcr == pcr) is { } value ? BootFindings.Hex(value.Digest) : "-";
    }

    private static void WriteEvents(TextWriter output, TableStyle style, BaselineEntry baseline, PcrBank bank)
    {
        try
        {
            var log = BootEventLog.Parse(baseline.EventLog.Memory);
            var table = new TextTable("EVENT", "PCR", "TYPE", "WHAT");
            foreach (var entry in log.Events.Where(e => e.IsExtended && baseline.Values.Any(v => v.Pcr == e.Pcr)))
            {
                var story = EventStory.Of(entry, bank);
                table.AddRow(
                    ($"{entry.Number}", CellTone.Plain),
                    ($"{entry.Pcr}", CellTone.Plain),
                    (entry.TypeName, CellTone.Plain),
                    story.Coverage == EventCoverage.None
                        ? ($"{Convert.ToHexStringLower(entry.DigestOf(bank).Span)}{(story.Text.Length == 0 ? string.Empty : $" (not measured: {story.Text})")}", CellTone.Notice)
                        : (story.Text, CellTone.Plain));
            }

            table.WriteTo(output, style);
        }
        catch (EventLogException e)
        {
            output.WriteLine(e.Message);
        }
    }

    private static string Named(BaselineInfo info) => info.Scope == BaselineScope.Vm ? $"vm:{info.Name}" : info.Name;

    private static string Shown(string text) => TerminalText.Escape(text, MaxNameLength);
}
