using GuestTune.Controller.MeasuredBoot.Baselines;
using GuestTune.Controller.MeasuredBoot.Comparison;
using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Grub;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>The starts of a VM that are right: its baseline, and what was predicted from it.</summary>
/// <param name="Predictions">The newest first; also what could not be predicted.</param>
internal sealed record StartReferences(Baseline Baseline, IReadOnlyList<Prediction> Predictions)
{
    /// <summary>
    /// A named baseline with what was predicted for a VM since it was started like that: from registers of GRUB's that are equal, one and the same follows.
    /// Without predictions where the VM never was.
    /// </summary>
    /// <param name="own">The VM's own baseline, from which it was predicted; null: none.</param>
    /// <exception cref="Store.StoreException">A prediction is damaged.</exception>
    public static StartReferences OfNamed(Baseline named, Baseline? own, IReadOnlyList<Prediction> predictions)
    {
        if (own is not { Summary.IsProven: true } || own.Selection.Bank != named.Selection.Bank)
        {
            return new StartReferences(named, []);
        }

        var registers = named.Values.Where(static v => IsOfGrub(v.Index)).ToArray();
        var later = predictions.TakeWhile(p => !(p is { IsPredicted: true, IsUndone: false, Kind: not PredictionKind.Trial } && IsLike(p.ToSnapshot(own)))).ToArray();
        return later.Length < predictions.Count || IsLike(BootSnapshot.Of(own)) ? new StartReferences(named, [.. later.Select(Moved)]) : new StartReferences(named, []);

        bool IsLike(BootSnapshot start) => registers.Length > 0 && Array.TrueForAll(registers, r => start.ValueOf(r.Index) is { } value && value.Digest.AsSpan().SequenceEqual(r.Digest));

        // The other registers are the named baseline's, and so are their events.
        Prediction Moved(Prediction prediction) => !prediction.IsPredicted ? prediction : prediction with
        {
            EventLog = BootEventLogWriter.Write(
                [.. BootSnapshot.Of(named).Events.Where(static e => !IsOfGrub(e.Pcr)), .. prediction.ToSnapshot(own).Events.Where(static e => IsOfGrub(e.Pcr))],
                PcrBank.Find(own.Selection.Bank)!),
        };

        static bool IsOfGrub(int pcr) => pcr is GrubMeasurement.StringPcr or GrubMeasurement.FilePcr;
    }

    /// <summary>Holds a start against each that counts for it; the one that it equals, else the one that it is closest to.</summary>
    public StartJudgement Judge(BootEvidence evidence, EvidenceVerdict verdict, PcrSelection selection)
    {
        var boot = BootSnapshot.Of(evidence, verdict);
        var best = Against(null);
        if (best.Difference.IsEqual || verdict is not { IsProven: true, Quote.Statement: { } statement })
        {
            return best;
        }

        var cost = Cost(best.Difference) + 1;
        foreach (var prediction in Predictions.Where(p => p.IsPredicted && p.IsFor(StartCount.Of(statement))).Reverse())
        {
            var next = Against(prediction);
            if (Cost(next.Difference) <= cost || next.Difference.IsEqual)
            {
                (best, cost) = (next, Cost(next.Difference));
            }
        }

        return best;

        StartJudgement Against(Prediction? prediction)
        {
            var reference = prediction?.ToSnapshot(Baseline) ?? BootSnapshot.Of(Baseline);
            return new StartJudgement(reference, BootComparison.Compare(reference, boot, selection), prediction);
        }
    }

    /// <summary>What this host did last, predicted or not, and what the next start has to have therefore; null: nothing since the baseline.</summary>
    public Prediction? InForce => Predictions.FirstOrDefault(static p => p is { Kind: not PredictionKind.Trial, Until: null });

    /// <summary>A start that equals the baseline is right, and one that nobody predicted may be; but neither where it is without the change that is in force.</summary>
    /// <returns>That change; null where nothing shows that it is missing.</returns>
    public Prediction? FindMissed(BootEvidence evidence, EvidenceVerdict verdict, PcrSelection selection)
    {
        if (verdict is not { IsProven: true, Quote.Statement: { } statement } || InForce is not { } inForce || !inForce.IsFor(StartCount.Of(statement)))
        {
            return null;
        }

        var (boot, baseline) = (BootSnapshot.Of(evidence, verdict), BootSnapshot.Of(Baseline));
        var isBaseline = IsEqual(baseline);
        var line = boot.Explain(GrubMeasurement.StringPcr) is { Kind: PcrEvidenceKind.Proven } ? CommandLine(boot) : null;
        if (inForce.IsPredicted)
        {
            var next = inForce.ToSnapshot(Baseline);
            return (isBaseline && !IsEqual(next)) || (line is not null && CommandLine(next) is { } expected && inForce.Changes.Any(c => Last(line, c.Key) != Last(expected, c.Key))) ? inForce : null;
        }

        // A guest that shows no log cannot hide the line that the baseline's registers stand for.
        line ??= isBaseline && (selection.Contains(GrubMeasurement.StringPcr) || selection.Contains(GrubMeasurement.FilePcr)) ? CommandLine(baseline) : null;
        if (line is null || inForce.Kind != PredictionKind.Change)
        {
            return null;
        }

        // Of a practice's arguments not all are for this guest; but one of them is, and the baseline has none that is new.
        var requested = RequestedArgument.Of(inForce.Changes);
        return (isBaseline && requested.Any(IsMissing)) || (requested.Count > 0 && requested.All(IsMissing)) ? inForce : null;

        bool IsEqual(BootSnapshot reference) => BootComparison.Compare(reference, boot, selection).IsEqual;

        bool IsMissing(RequestedArgument argument) => !argument.IsSatisfiedBy(Last(line, argument.Key));
    }

    /// <summary>What this host did that counts for a start, and nobody could tell beforehand what would be measured.</summary>
    /// <param name="start">Null: not proven, and so any that is still to come.</param>
    public IEnumerable<Prediction> Unpredicted(StartCount? start) => Predictions.Where(p => !p.IsPredicted && (start is { } known ? p.IsFor(known) : p.Until is null));

    /// <summary>Whether no other change is left where an operation is taken back; nor an undo, unseen, of what the baseline has itself.</summary>
    /// <param name="undone">Null: none is.</param>
    public bool IsLast(string? undone) => undone is not null && !Predictions.Any(p => p is { Kind: PredictionKind.Undo, IsPredicted: false, Changes.Count: 0 }
        || (p is { Kind: PredictionKind.Change, IsUndone: false } && p.OperationId != undone));

    /// <summary>Whether what counts now has another command line than one that was asked for.</summary>
    public bool Contradicts(IReadOnlyList<RequestedArgument> requested) =>
        InForce is not { IsPredicted: false }
        && CommandLine(InForce?.ToSnapshot(Baseline) ?? BootSnapshot.Of(Baseline)) is { } line
        && requested.Any(r => !r.IsSatisfiedBy(Last(line, r.Key)));

    private static string? CommandLine(BootSnapshot start) =>
        start.Bank is { } bank ? start.Events.Select(e => GrubMeasurement.Read(e, bank, GrubMeasurement.KernelCommandLine)).OfType<string>().LastOrDefault() : null;

    /// <summary>The value that the kernel takes.</summary>
    private static string? Last(string line, string key) =>
        KernelTokens.OfKernel(line).Select(static t => new TokenChange(true, t)).LastOrDefault(t => t.Key == TokenChange.KeyOf(key))?.Value;

    private static int Cost(BootDifference difference) =>
        difference.Pcrs.Where(static p => !p.IsEqual).Sum(static p => 1 + p.Events.Sum(static e => Math.Max(1, e.Tokens.Count)));
}
