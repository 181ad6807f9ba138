namespace GuestTune.Controller.MeasuredBoot.Baselines;

/// <summary>What a list of baselines says about each.</summary>
/// <param name="Vm">Whose boot it was.</param>
/// <param name="CollectedAt">When it was collected from the guest.</param>
/// <param name="IsProven">A quote by a key that was pinned proved the values; else they are what the guest claimed.</param>
internal sealed record BaselineSummary(
    BaselineId Id,
    string Vm,
    string BootId,
    DateTimeOffset CollectedAt,
    DateTimeOffset SavedAt,
    bool IsProven);
