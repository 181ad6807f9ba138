using GuestTune.MeasuredBoot.Attestation;
using GuestTune.MeasuredBoot.EventLog;

namespace GuestTune.Controller.MeasuredBoot.Evidence;

/// <summary>What <see cref="BootEvidence"/> is worth.</summary>
/// <param name="Quote">Null where there is no quote: the values are then only claimed.</param>
/// <param name="Pcrs">The log held against each register of the quote; empty where there is no log that can be read.</param>
/// <param name="Problems">Every reason not to believe it, those of the quote and of the log included.</param>
internal sealed record EvidenceVerdict(QuoteVerdict? Quote, IReadOnlyList<PcrEvidence> Pcrs, KeyTrust Key, IReadOnlyList<string> Problems)
{
    /// <summary>Whether a TPM that is known stands behind the values, and nothing contradicts them.</summary>
    public bool IsProven => Quote is { IsProven: true } && Key is KeyTrust.New or KeyTrust.Pinned && Problems.Count == 0;
}
