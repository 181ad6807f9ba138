namespace GuestTune.Practices;

/// <summary>What the caller wants; a setting that is not named is left as it is.</summary>
/// <param name="Settings">By the names of the practice's settings.</param>
/// <param name="Persist">Also after a reboot.</param>
public sealed record Desired(string Practice, IReadOnlyDictionary<string, string> Settings, bool Persist);
