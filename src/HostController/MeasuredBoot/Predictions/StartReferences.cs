using GuestTune.Controller.MeasuredBoot.Baselines;
using GuestTune.Controller.MeasuredBoot.Comparison;
using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>The starts of a VM that are right: its baseline, and what was predicted from it.</summary>
/// <param name="Predictions">The newest first.</param>
internal sealed record StartReferences(Baseline Baseline, IReadOnlyList<Prediction> Predictions)
{
    /// <summary>Holds a start against each that counts for it; the one that it equals, else the one that it is closest to.</summary>
    public (BootSnapshot Reference, BootDifference Difference) Judge(BootEvidence evidence, EvidenceVerdict verdict, PcrSelection selection)
    {
        var boot = BootSnapshot.Of(evidence, verdict);
        var best = Against(BootSnapshot.Of(Baseline));
        if (best.Difference.IsEqual || verdict is not { IsProven: true, Quote.Statement: { } statement })
        {
            return best;
        }

        var cost = Cost(best.Difference) + 1;
        foreach (var prediction in Predictions.Where(p => p.IsFor(StartCount.Of(statement))).Reverse())
        {
            var next = Against(prediction.ToSnapshot(Baseline));
            if (Cost(next.Difference) <= cost || next.Difference.IsEqual)
            {
                (best, cost) = (next, Cost(next.Difference));
            }
        }

        return best;

        (BootSnapshot, BootDifference Difference) Against(BootSnapshot reference) =>
            (reference, BootComparison.Compare(reference, boot, selection));
    }

    /// <summary>A start that equals the baseline is right; but not what was predicted where a change is in force.</summary>
    /// <returns>That change; null where the start is none without it.</returns>
    public Prediction? FindMissed(BootEvidence evidence, EvidenceVerdict verdict, PcrSelection selection)
    {
        var boot = BootSnapshot.Of(evidence, verdict);
        return verdict is { IsProven: true, Quote.Statement: { } statement }
            && IsEqual(BootSnapshot.Of(Baseline))
            && Predictions.FirstOrDefault(p => p is { Kind: not PredictionKind.Trial, Until: null } && p.IsFor(StartCount.Of(statement))) is { } inForce
            && !IsEqual(inForce.ToSnapshot(Baseline)) ? inForce : null;

        bool IsEqual(BootSnapshot reference) => BootComparison.Compare(reference, boot, selection).IsEqual;
    }

    private static int Cost(BootDifference difference) =>
        difference.Pcrs.Where(static p => !p.IsEqual).Sum(static p => 1 + p.Events.Sum(static e => Math.Max(1, e.Tokens.Count)));
}
