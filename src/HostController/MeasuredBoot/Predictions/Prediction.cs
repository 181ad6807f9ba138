using GuestTune.Controller.MeasuredBoot.Baselines;
using GuestTune.Controller.MeasuredBoot.Comparison;
using GuestTune.Controller.Store;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Grub;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>A start of a VM that was predicted from its baseline before it came about, or what could not be: a change of this host's all the same.</summary>
/// <param name="Changes">Of the kernel's arguments, by this operation; of a trial none.</param>
/// <param name="FromReset">Counts for starts after this one: the TPM's count of resets when it was predicted.</param>
/// <param name="Until">The last start that it counts for; null while nothing has taken its place.</param>
/// <param name="EventLog">What will be measured, as a log; empty where that is not predicted.</param>
/// <param name="IsUndone">The operation was taken back since.</param>
/// <param name="Met">The first start that was proven equal; null: none was yet.</param>
/// <param name="Problem">Why it is not predicted; null where it is.</param>
internal sealed record Prediction(
    string Vm,
    string OperationId,
    PredictionKind Kind,
    IReadOnlyList<TokenChange> Changes,
    DateTimeOffset PredictedAt,
    uint FromReset,
    StartCount? Until,
    byte[] EventLog,
    bool IsUndone = false,
    StartCount? Met = null,
    string? Problem = null)
{
    public bool IsPredicted => Problem is null;

    public PredictionState State => IsUndone ? PredictionState.Withdrawn
        : Until is not null ? PredictionState.Superseded
        : Met is not null ? PredictionState.Met
        : PredictionState.Pending;

    public bool IsFor(StartCount start) => start.Resets > FromReset && (Until is not { } last || start.IsUpTo(last));

    /// <summary>In words, after "the baseline of vm1 ".</summary>
    public string Words => "with " + Name;

    /// <summary>What made the start differ, in words.</summary>
    public string Name => Kind switch
    {
        PredictionKind.Trial => $"the boot trial of GuestTune's operation {OperationId}",
        PredictionKind.Undo => $"GuestTune's undo {OperationId}{Arguments}",
        _ => $"GuestTune's change {OperationId}{Arguments}",
    };

    private string Arguments => Changes.Count == 0 ? "" : $" ({TokenChange.Join(Changes)})";

    /// <summary>As one side of a comparison: the baseline's registers, those of GRUB as the events give them.</summary>
    /// <exception cref="StoreException">The events are none.</exception>
    public BootSnapshot ToSnapshot(Baseline baseline)
    {
        var bank = PcrBank.Find(baseline.Selection.Bank)!;
        EventLogReplay replay;
        try
        {
            replay = new EventLogReplay(BootEventLog.Parse(EventLog), bank);
        }
        catch (EventLogException e)
        {
            throw new StoreException($"what was predicted for {Vm} by operation {OperationId} is damaged in the store: {e.Message}; save the baseline anew (pcr baseline save --replace)", e);
        }

        return new BootSnapshot(
            $"{baseline.Summary.Id} {Words}",
            baseline.Summary.IsProven,
            baseline.Selection,
            [.. baseline.Values.Select(v => v.Index is GrubMeasurement.StringPcr or GrubMeasurement.FilePcr ? v with { Digest = replay.Compute(v.Index) } : v)],
            EventLog,
            logProblem: null);
    }
}
