using GuestTune.Controller.MeasuredBoot.Baselines;
using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Comparison;

/// <summary>One boot as one side of a comparison: its registers of one bank, and the log that may explain them.</summary>
internal sealed class BootSnapshot
{
    private readonly Dictionary<int, PcrValue> _values;
    private readonly EventLogReplay? _replay;

    /// <param name="name">In words, e.g. "the baseline of vm1".</param>
    /// <param name="isProven">The values are quoted by a key that is trusted; else they are only claimed.</param>
    /// <param name="logProblem">Why there is no log, where the guest said so.</param>
    public BootSnapshot(string name, bool isProven, PcrSelection selection, IReadOnlyList<PcrValue> values, byte[]? log, string? logProblem)
    {
        Name = name;
        IsProven = isProven;
        Selection = selection;
        Bank = PcrBank.Find(selection.Bank);
        _values = values.Where(v => v.Bank == selection.Bank && selection.Contains(v.Index)).ToDictionary(static v => v.Index);
        LogProblem = logProblem;
        if (log is null)
        {
            LogProblem ??= "there is no event log";
            return;
        }

        try
        {
            var parsed = BootEventLog.Parse(log);
            _replay = Bank is { CanHash: true } bank ? new EventLogReplay(parsed, bank) : null;
            Events = parsed.IsCryptoAgile ? [.. parsed.Events.Skip(1)] : parsed.Events;
            LogProblem = _replay is null ? $"logs of bank 0x{(ushort)selection.Bank:x4} cannot be replayed here" : null;
        }
        catch (EventLogException e)
        {
            LogProblem = e.Message;
        }
    }

    public string Name { get; }

    public bool IsProven { get; }

    public PcrSelection Selection { get; }

    /// <summary>Null where the bank is none that is known here: its values are compared, and nothing more.</summary>
    public PcrBank? Bank { get; }

    /// <summary>Why no register is explained; null where there is a log that can be read.</summary>
    public string? LogProblem { get; }

    public static BootSnapshot Of(BootEvidence evidence, EvidenceVerdict verdict) => new(
        $"{evidence.Vm} now", verdict.IsProven, evidence.Selection, evidence.Values, evidence.EventLog, evidence.EventLogProblem);

    public static BootSnapshot Of(Baseline baseline) => new(
        baseline.Summary.Id.ToString(), baseline.Summary.IsProven, baseline.Selection, baseline.Values, baseline.EventLog, baseline.EventLogProblem);

    public PcrValue? ValueOf(int pcr) => _values.GetValueOrDefault(pcr);

    /// <returns>Null where there is no log, or no value to hold it against.</returns>
    public PcrEvidence? Explain(int pcr) => _replay is { } replay && ValueOf(pcr) is { } value ? replay.Compare(value) : null;

    /// <summary>Of all registers in the order of the log, without the one that names its banks.</summary>
    public IReadOnlyList<BootEvent> Events { get; } = [];

    public IReadOnlyList<BootEvent> EventsOf(int pcr) => _replay?.EventsOf(pcr) ?? [];
}
