using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Baselines;

/// <summary>A boot to hold other boots against: its registers, and the log that explains them, so that a difference can be named.</summary>
/// <param name="AttestationKeyName">Of the key that signed; null where nothing was signed.</param>
/// <param name="Selection">The registers that count.</param>
/// <param name="EventLog">As the guest gave it.</param>
/// <param name="EventLogProblem">Why there is no log; null where there is one.</param>
internal sealed record Baseline(
    BaselineSummary Summary,
    byte[]? AttestationKeyName,
    PcrSelection Selection,
    IReadOnlyList<PcrValue> Values,
    byte[]? EventLog,
    string? EventLogProblem);
