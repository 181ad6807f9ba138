using GuestTune.Practices.Journaling;

namespace GuestTune.Practices;

/// <summary>Finds the operation to undo, or says why it cannot be.</summary>
internal static class UndoTarget
{
    /// <param name="isMade">Whether what an operation was to change is so now, at least in part.</param>
    /// <exception cref="PracticeException">There is none, or it cannot be undone.</exception>
    public static JournaledOperation Choose(Journal journal, string undoId, string? targetId, Func<BegunRecord, bool> isMade)
    {
        if (string.IsNullOrEmpty(targetId))
        {
            var all = journal.Operations;
            for (var i = all.Count - 1; i >= 0; i--)
            {
                if (WhyNot(all[i], isMade) is null)
                {
                    return all[i];
                }
            }

            throw PracticeException.Precondition("there is no operation that can be undone; see the history");
        }

        if (string.Equals(targetId, undoId, StringComparison.Ordinal))
        {
            throw PracticeException.Invalid($"operation_id and target_operation_id are both '{undoId}': an undo needs an id of its own");
        }

        var target = journal.Find(targetId)
            ?? throw PracticeException.NotFound($"no operation '{targetId}' in the journal; see the history (only the newest operations are kept)");
        return WhyNot(target, isMade) is { } reason ? throw PracticeException.Precondition(reason) : target;
    }

    private static string? WhyNot(JournaledOperation candidate, Func<BegunRecord, bool> isMade)
    {
        var operation = candidate.Operation;
        return operation switch
        {
            { Kind: OperationKind.Undo } => $"operation '{operation.OperationId}' is an undo itself (of '{operation.RelatedOperationId}'); to have those values again, apply them again",
            { State: OperationState.Undone } => $"operation '{operation.OperationId}' has been undone already, by '{operation.RelatedOperationId}'",
            { State: OperationState.Unchanged } => $"operation '{operation.OperationId}' changed nothing: there is nothing to undo",
            { State: OperationState.Failed } when !LeftSomething(operation) && !(WasCutOff(operation) && isMade(candidate.Begun)) => $"operation '{operation.OperationId}' failed and was put back: there is nothing to undo",
            _ => null,
        };
    }

    /// <summary>Nothing of it failed: it was found unmade after a call that had no answer, and may have been carried out afterwards.</summary>
    private static bool WasCutOff(Operation operation) => operation.Outcomes.Count > 0 && operation.Outcomes.All(static o => o.State is ChangeState.Skipped or ChangeState.Reverted);

    /// <summary>A failed operation whose earlier changes could not all be put back.</summary>
    private static bool LeftSomething(Operation operation)
    {
        foreach (var outcome in operation.Outcomes)
        {
            if (outcome.State == ChangeState.Verified)
            {
                return true;
            }
        }

        return false;
    }
}
