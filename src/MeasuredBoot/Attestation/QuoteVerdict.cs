namespace GuestTune.MeasuredBoot.Attestation;

/// <summary>What became of a quote.</summary>
/// <param name="Statement">Null where it could not even be read.</param>
/// <param name="Problems">Every reason not to believe it.</param>
public sealed record QuoteVerdict(QuoteStatement? Statement, IReadOnlyList<string> Problems)
{
    public bool IsProven => Problems.Count == 0;
}
