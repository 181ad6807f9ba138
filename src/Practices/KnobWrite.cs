namespace GuestTune.Practices;

/// <summary>One value that a knob is to get.</summary>
/// <param name="Value">Null removes the file or line.</param>
public readonly record struct KnobWrite(IKnob Knob, string? Value);
