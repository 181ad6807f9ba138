namespace GuestTune.Practices;

/// <summary>What a knob held: a value, nothing (a file or line that does not exist), or the problem that kept it from being read.</summary>
public readonly record struct KnobReading(string? Value, string? Problem);
