namespace GuestTune.Practices;

/// <summary>The answer to an apply or undo.</summary>
/// <param name="Observation">Observed after the changes.</param>
/// <param name="Repeated">The operation id had been used before for the same request: nothing was changed by this call.</param>
public sealed record OperationAnswer(Operation Operation, Observation Observation, bool Repeated);
