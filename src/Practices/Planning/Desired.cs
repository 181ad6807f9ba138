namespace GuestTune.Practices;

/// <summary>What the caller wants; a setting that is not named is left as it is.</summary>
/// <param name="Settings">By the names of the practice's settings.</param>
/// <param name="Persist">Also after a reboot.</param>
/// <param name="Force">Also where a practice refuses it for the harm that it may do; the refusal names this way out.</param>
public sealed record Desired(string Practice, IReadOnlyDictionary<string, string> Settings, bool Persist, bool Force = false);
