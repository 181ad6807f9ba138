namespace GuestTune.Practices.Journaling;

/// <summary>One step in the life of an operation.</summary>
internal abstract record JournalRecord(string OperationId);

/// <summary>Written before anything is changed: everything that completing or undoing the operation needs.</summary>
/// <param name="Request">What the caller asked for, in one canonical text, to tell a repeated call from a new use of the id.</param>
/// <param name="BootId">The boot in which it began: values in the running kernel do not outlive it.</param>
internal sealed record BegunRecord(
    string OperationId,
    OperationKind Kind,
    string Practice,
    string Request,
    DateTimeOffset At,
    string BootId,
    string? Target,
    IReadOnlyList<Change> Changes) : JournalRecord(OperationId)
{
    /// <summary>Whether a change of this operation would have lasted for a boot that is over.</summary>
    public bool HasEnded(Change change, string bootId) => change.TakesEffect == TakesEffect.Now && !string.Equals(BootId, bootId, StringComparison.Ordinal);
}

/// <summary>Written when the operation has come to its end; the outcomes follow the changes of the begun record one by one.</summary>
internal sealed record EndedRecord(
    string OperationId,
    OperationState State,
    DateTimeOffset At,
    IReadOnlyList<ChangeOutcome> Outcomes,
    string? Error) : JournalRecord(OperationId);
