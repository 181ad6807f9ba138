using GuestTune.MeasuredBoot.EventLog;

namespace GuestTune.Controller.MeasuredBoot.Comparison;

/// <summary>One register of two boots.</summary>
/// <param name="Before">The reference's value; null where it has none.</param>
/// <param name="After">Null where the boot has none.</param>
/// <param name="Events">What differs in the logs; only where both give the register's value, so that both can be believed.</param>
/// <param name="Notes">What else a person has to know: why no event can be named, or how the logs of equal registers differ.</param>
internal sealed record PcrDifference(
    int Pcr,
    byte[]? Before,
    byte[]? After,
    PcrEvidenceKind BeforeLog,
    PcrEvidenceKind AfterLog,
    IReadOnlyList<EventChange> Events,
    IReadOnlyList<string> Notes)
{
    public bool IsEqual => Before is not null && After is not null && Before.AsSpan().SequenceEqual(After);
}
