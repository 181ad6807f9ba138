namespace GuestTune.Practices.Journaling;

/// <summary>An operation with what only the engine needs to know about it.</summary>
/// <param name="Begun">As it was written before the first change.</param>
/// <param name="Operation">As a caller sees it now.</param>
/// <param name="EndOrder">Counts the ends, in the order in which they came; clocks can be set back.</param>
internal sealed record JournaledOperation(BegunRecord Begun, Operation Operation, long EndOrder = long.MaxValue);
