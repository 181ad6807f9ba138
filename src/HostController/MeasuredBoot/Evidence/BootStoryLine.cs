using GuestTune.MeasuredBoot.EventLog;

namespace GuestTune.Controller.MeasuredBoot.Evidence;

/// <summary>An event with how much of it is proven.</summary>
internal sealed record BootStoryLine(EventStory Story, EventProof Proof);
