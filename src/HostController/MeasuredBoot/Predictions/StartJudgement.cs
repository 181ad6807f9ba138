using GuestTune.Controller.MeasuredBoot.Comparison;

namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>What a start is held against, and how it differs from that.</summary>
/// <param name="Prediction">Which of the predictions that is; null: the baseline.</param>
internal sealed record StartJudgement(BootSnapshot Reference, BootDifference Difference, Prediction? Prediction);
