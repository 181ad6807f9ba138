namespace GuestTune.Practices;

/// <summary>What a practice saw on this machine at one moment.</summary>
public sealed record Observation(string Practice, Verdict Verdict, string Reason, IReadOnlyList<Fact> Facts);
