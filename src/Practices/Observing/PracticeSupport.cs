namespace GuestTune.Practices;

/// <summary>Whether this machine can have a practice at all, and if not, why.</summary>
public sealed record PracticeSupport(string Practice, bool Supported, string? Reason);
