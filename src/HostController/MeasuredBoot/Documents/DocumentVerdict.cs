using GuestTune.Controller.MeasuredBoot.Evidence;

namespace GuestTune.Controller.MeasuredBoot.Documents;

/// <summary>What a document is worth, judged again from what is in it.</summary>
/// <param name="SignedBy">Id of the key that signed; null: not the one that it was verified by. What the document itself says of that is not signed.</param>
/// <param name="Verdict">Of the evidence alone, whoever signed the document.</param>
/// <param name="Problems">Every reason not to believe it.</param>
internal sealed record DocumentVerdict(EvidenceDocument Document, string? SignedBy, EvidenceVerdict Verdict, IReadOnlyList<string> Problems)
{
    /// <summary>What only the controller that signed can know.</summary>
    public const string TakenOnTrust =
        "taken from the controller's word: which VM it was and when, that it had chosen the nonce for this quote, and that the VM's TPM held the key";

    public bool IsProven => Problems.Count == 0;
}
