namespace GuestTune.Practices;

/// <summary>Does changes one by one, or together where they have one writer; reads each back, and puts back what was done when one fails.</summary>
internal static class ChangeRunner
{
    /// <param name="settled">Of an operation that was cut off: the outcomes of changes for which nothing is to be done.</param>
    /// <returns>An outcome for each change, and the error of the one that failed.</returns>
    /// <exception cref="UncertainWriteException">Whether a change was made is not known, and cannot be read now.</exception>
    public static (List<ChangeOutcome> Outcomes, string? Error) Run(
        IPractice practice, IReadOnlyList<Change> changes, OperationKind kind, IReadOnlyList<ChangeOutcome?>? settled = null)
    {
        var outcomes = new List<ChangeOutcome>(changes.Count);
        string? error = null;
        var attempted = 0;
        while (outcomes.Count < changes.Count && error is null)
        {
            if (settled?[outcomes.Count] is { } already)
            {
                outcomes.Add(already);
                attempted = outcomes.Count;
                continue;
            }

            foreach (var outcome in Do(practice, changes, outcomes.Count, kind, out var isForeign))
            {
                outcomes.Add(outcome);
                error ??= outcome.Error is { } reason ? $"{outcome.Change.Item}: {reason}" : null;
                attempted = isForeign ? attempted : outcomes.Count;
            }
        }

        if (error is null)
        {
            return (outcomes, null);
        }

        for (var i = outcomes.Count; i < changes.Count; i++)
        {
            outcomes.Add(new ChangeOutcome(changes[i], ChangeState.Skipped));
        }

        return (outcomes, PutBack(practice, outcomes, attempted, kind, error, settled));
    }

    /// <summary>How a change ends whose value is there.</summary>
    public static ChangeOutcome Made(Change change, string? readBack, OperationKind kind) =>
        new(change, kind == OperationKind.Undo ? ChangeState.Reverted : ChangeState.Verified, readBack);

    /// <summary>The files that the writers of these changes would write.</summary>
    /// <exception cref="PracticeException">A change names nothing that the practice knows.</exception>
    /// <exception cref="IOException">A writer could not tell.</exception>
    public static List<FileEdit> Preview(IPractice practice, IReadOnlyList<Change> changes)
    {
        var files = new List<FileEdit>();
        for (var i = 0; i < changes.Count;)
        {
            var group = ChangeGroup.At(practice, changes, i);
            files.AddRange(group.Writer?.Preview(group.Writes) ?? []);
            i += group.Writes.Count;
        }

        return files;
    }

    /// <summary>The group that starts at one of the changes.</summary>
    /// <param name="isForeign">What is there now is neither of before nor of this: somebody else's, which is left alone.</param>
    private static List<ChangeOutcome> Do(IPractice practice, IReadOnlyList<Change> changes, int start, OperationKind kind, out bool isForeign)
    {
        isForeign = false;
        ChangeGroup group;
        try
        {
            group = ChangeGroup.At(practice, changes, start);
        }
        catch (PracticeException e)
        {
            return [new ChangeOutcome(changes[start], ChangeState.Failed, null, e.Message)];
        }

        var outcomes = new List<ChangeOutcome>(group.Writes.Count);
        try
        {
            group.Write();
        }
        catch (UncertainWriteException e)
        {
            return Settle(changes, start, group, kind, e, out isForeign);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PracticeException)
        {
            outcomes.Add(new ChangeOutcome(changes[start], ChangeState.Failed, null, e.Message));
            for (var i = 1; i < group.Writes.Count; i++)
            {
                outcomes.Add(new ChangeOutcome(changes[start + i], ChangeState.Skipped));
            }

            return outcomes;
        }

        for (var i = 0; i < group.Writes.Count; i++)
        {
            outcomes.Add(Verify(changes[start + i], group.Writes[i], group.Writes[i].Knob.Read(), kind));
        }

        return outcomes;
    }

    private static List<ChangeOutcome> Settle(IReadOnlyList<Change> changes, int start, ChangeGroup group, OperationKind kind, UncertainWriteException lost, out bool isForeign)
    {
        isForeign = false;
        var outcomes = new List<ChangeOutcome>(group.Writes.Count);
        foreach (var write in group.Writes)
        {
            var reading = write.Knob.Read();
            if (reading.Problem is { } problem)
            {
                throw new UncertainWriteException($"{lost.Message}, and it cannot be read back: {problem}", lost);
            }

            var change = changes[start + outcomes.Count];
            var isUnchanged = write.Knob.AreEqual(reading.Value, change.Before);
            isForeign |= !isUnchanged && !write.Knob.AreEqual(reading.Value, write.Value);
            var outcome = Verify(change, write, reading, kind);
            outcomes.Add(outcome.State is not ChangeState.Failed ? outcome

                // Not failed: whoever was asked may do it yet.
                : isUnchanged ? new ChangeOutcome(change, ChangeState.Skipped, reading.Value, $"{lost.Message}; it was not changed")
                : outcome with { Error = $"{lost.Message}; it is '{reading.Value}' now, neither what it was nor what it was to be, and is left so" });
        }

        return outcomes;
    }

    private static ChangeOutcome Verify(Change change, KnobWrite write, KnobReading reading, OperationKind kind)
    {
        var problem = reading.Problem is not null ? "written, but cannot be read back: " + reading.Problem
            : write.Knob.AreEqual(reading.Value, write.Value) ? null
            : $"'{write.Value}' was written without an error, but '{reading.Value}' was read back";
        return problem is null
            ? Made(change, reading.Value, kind)
            : new ChangeOutcome(change, ChangeState.Failed, reading.Value, problem);
    }

    /// <param name="attempted">So many of the outcomes are of changes that a writer was asked for.</param>
    private static string PutBack(IPractice practice, List<ChangeOutcome> outcomes, int attempted, OperationKind kind, string error, IReadOnlyList<ChangeOutcome?>? settled)
    {
        var places = new List<int>();
        var backs = new List<Change>();
        for (var i = attempted - 1; i >= 0; i--)
        {
            var change = outcomes[i].Change;
            var back = change with { Before = change.After, After = change.Before };
            if (settled?[i] is { State: ChangeState.Skipped })
            {
                continue;
            }

            if (IsAlready(practice, back))
            {
                outcomes[i] = Back(outcomes[i], null, kind);
            }
            else
            {
                places.Add(i);
                backs.Add(back);
            }
        }

        for (var done = 0; done < backs.Count;)
        {
            // Of a group that fails the first has the error; the others were put back as little.
            var results = Do(practice, backs, done, OperationKind.Apply, out _);
            var groupError = results.Find(static r => r.Error is not null)?.Error;
            foreach (var result in results)
            {
                var place = places[done++];
                if (result.State == ChangeState.Verified)
                {
                    outcomes[place] = Back(outcomes[place], result.ReadBack, kind);
                    continue;
                }

                error += $"; and {result.Change.Item} could not be put back: {result.Error ?? groupError}";
                if (outcomes[place].State is not (ChangeState.Failed or ChangeState.Skipped))
                {
                    outcomes[place] = outcomes[place] with { Error = "could not be put back: " + (result.Error ?? groupError) };
                }
            }
        }

        return error;
    }

    /// <summary>How a change ends that is as it was before.</summary>
    private static ChangeOutcome Back(ChangeOutcome outcome, string? readBack, OperationKind kind) => outcome.State switch
    {
        // Its own error is what the caller needs; that it may have been half done was mended.
        ChangeState.Failed or ChangeState.Skipped => outcome,

        // Of an undo that failed: it is as it was before the undo, so it was not reverted after all.
        _ when kind == OperationKind.Undo => new ChangeOutcome(outcome.Change, ChangeState.Skipped, readBack, "put back, since a later change failed"),
        _ => new ChangeOutcome(outcome.Change, ChangeState.Reverted, readBack),
    };

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
