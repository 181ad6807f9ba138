using GuestTune.Controller.MeasuredBoot.Evidence;

namespace GuestTune.Controller.MeasuredBoot.Documents;

/// <summary>What the controller thought of evidence when it collected it.</summary>
internal sealed record RecordedVerdict(bool IsProven, KeyTrust Key, IReadOnlyList<string> Problems);
