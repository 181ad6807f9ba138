using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Evidence;

/// <summary>What evidence is wanted of a VM.</summary>
/// <param name="Selection">At least one register.</param>
/// <param name="EnrolAnew">Pin its keys in place of those that are pinned.</param>
/// <param name="LogIsRequired">Without a log nothing counts as proven.</param>
internal sealed record EvidenceRequest(PcrSelection Selection, bool EnrolAnew = false, bool LogIsRequired = false);
