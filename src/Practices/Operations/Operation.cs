namespace GuestTune.Practices;

/// <summary>One apply or undo as the journal knows it.</summary>
/// <param name="RelatedOperationId">Of an undo: the operation that it undoes. Of an undone operation: the undo.</param>
public sealed record Operation(
    string OperationId,
    OperationKind Kind,
    string Practice,
    OperationState State,
    DateTimeOffset BegunAt,
    DateTimeOffset? EndedAt,
    IReadOnlyList<ChangeOutcome> Outcomes,
    string? RelatedOperationId,
    string? Error);
