namespace GuestTune.Controller.MeasuredBoot.Comparison;

/// <summary>How a boot compares with its reference.</summary>
/// <param name="Pcrs">Every register of the reference that was selected, in ascending order.</param>
/// <param name="Notes">Of both as a whole, e.g. that there is no log.</param>
internal sealed record BootDifference(bool ReferenceIsProven, bool BootIsProven, IReadOnlyList<PcrDifference> Pcrs, IReadOnlyList<string> Notes)
{
    public bool IsEqual => Pcrs.Count > 0 && Pcrs.All(static p => p.IsEqual);

    /// <summary>Nothing less counts as an answer to "is it as it should be".</summary>
    public bool IsProvenEqual => IsEqual && ReferenceIsProven && BootIsProven;
}
