namespace GuestTune.Practices;

/// <summary>A value that GuestTune set last and has not undone: what drift is measured against.</summary>
/// <param name="SetInThisBoot">False where the machine has booted since: a value in the running kernel is gone then.</param>
public sealed record OwnedValue(string Item, string? Value, string OperationId, bool SetInThisBoot);
