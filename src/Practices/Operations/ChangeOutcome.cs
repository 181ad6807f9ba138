namespace GuestTune.Practices;

/// <summary>A change with its end.</summary>
/// <param name="ReadBack">What was read after the change.</param>
public sealed record ChangeOutcome(Change Change, ChangeState State, string? ReadBack = null, string? Error = null);
