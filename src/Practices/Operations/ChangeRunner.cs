namespace GuestTune.Practices;

/// <summary>Does changes one by one, reads each back, and puts back what was done when one fails.</summary>
internal static class ChangeRunner
{
    /// <returns>An outcome for each change, and the error of the one that failed.</returns>
    public static (List<ChangeOutcome> Outcomes, string? Error) Run(IPractice practice, IReadOnlyList<Change> changes, OperationKind kind)
    {
        var outcomes = new List<ChangeOutcome>(changes.Count);
        string? error = null;
        foreach (var change in changes)
        {
            if (error is not null)
            {
                outcomes.Add(new ChangeOutcome(change, ChangeState.Skipped));
                continue;
            }

            var outcome = Do(practice, change, kind);
            outcomes.Add(outcome);
            if (outcome.State == ChangeState.Failed)
            {
                error = $"{change.Item}: {outcome.Error}";
            }
        }

        return error is null ? (outcomes, null) : (outcomes, PutBack(practice, outcomes, kind, error));
    }

    private static ChangeOutcome Do(IPractice practice, Change change, OperationKind kind)
    {
        try
        {
            var readBack = WriteAndVerify(practice.OpenKnob(change), change.After, out var problem);
            return problem is null
                ? new ChangeOutcome(change, kind == OperationKind.Undo ? ChangeState.Reverted : ChangeState.Verified, readBack)
                : new ChangeOutcome(change, ChangeState.Failed, readBack, problem);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PracticeException)
        {
            return new ChangeOutcome(change, ChangeState.Failed, null, e.Message);
        }
    }

    private static string? WriteAndVerify(IKnob knob, string? value, out string? problem)
    {
        knob.Write(value);
        var reading = knob.Read();
        problem = reading.Problem is not null ? "written, but cannot be read back: " + reading.Problem
            : knob.AreEqual(reading.Value, value) ? null
            : $"'{value}' was written without an error, but '{reading.Value}' was read back";
        return reading.Value;
    }

    private static string PutBack(IPractice practice, List<ChangeOutcome> outcomes, OperationKind kind, string error)
    {
        for (var i = outcomes.Count - 1; i >= 0; i--)
        {
            var (change, state, _, _) = outcomes[i];
            if (state == ChangeState.Skipped)
            {
                continue;
            }

            var back = change with { Before = change.After, After = change.Before };
            var result = IsAlready(practice, back) ? null : Do(practice, back, OperationKind.Apply);
            if (state == ChangeState.Failed)
            {
                // Its own error is what the caller needs; that it may have been half done is mended silently if it can be.
                error += result is { State: ChangeState.Failed } ? $"; and {change.Item} could not be put back: {result.Error}" : string.Empty;
                continue;
            }

            if (result is { State: ChangeState.Failed })
            {
                outcomes[i] = outcomes[i] with { Error = "could not be put back: " + result.Error };
                error += $"; and {change.Item} could not be put back: {result.Error}";
                continue;
            }

            // Of an undo that failed: it is as it was before the undo, so it was not reverted after all.
            outcomes[i] = kind == OperationKind.Undo
                ? new ChangeOutcome(change, ChangeState.Skipped, result?.ReadBack, "put back, since a later change failed")
                : new ChangeOutcome(change, ChangeState.Reverted, result?.ReadBack);
        }

        return error;
    }

    private static bool IsAlready(IPractice practice, Change change)
    {
        try
        {
            var knob = practice.OpenKnob(change);
            var reading = knob.Read();
            return reading.Problem is null && knob.AreEqual(reading.Value, change.After);
        }
        catch (PracticeException)
        {
            // Not known to this version, so nothing was changed; what was changed before it must be put back nevertheless.
            return true;
        }
    }
}
