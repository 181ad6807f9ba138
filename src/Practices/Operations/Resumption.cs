using GuestTune.Practices.Journaling;

namespace GuestTune.Practices;

/// <summary>What is left to do of an operation that was cut off, by what is there now: not all that can be done once can be done twice.</summary>
internal static class Resumption
{
    /// <returns>For each change its outcome where nothing is to be done, else null; and those whose values are not there yet.</returns>
    /// <exception cref="PracticeException">Somebody else has changed a value meanwhile.</exception>
    public static (IReadOnlyList<ChangeOutcome?> Settled, IReadOnlyList<Change> Left) Of(IPractice practice, BegunRecord begun, string bootId)
    {
        var settled = new ChangeOutcome?[begun.Changes.Count];
        List<Change> left = [];
        List<string> foreign = [];
        for (var i = 0; i < settled.Length; i++)
        {
            var change = begun.Changes[i];
            var ended = begun.HasEnded(change, bootId);
            if (ChangeGroup.TryOpen(practice, change) is not { } knob)
            {
                left.Add(change);
                continue;
            }

            var (value, problem) = knob.Read();
            if (problem is null && knob.AreEqual(value, change.After))
            {
                // A writer of many may have been cut off after the files and before what they are for, as the restart of a service.
                settled[i] = knob.Writer is null ? ChangeRunner.Made(change, value, begun.Kind) : null;
            }
            else if (problem is not null && ended && knob.Writer is null)
            {
                settled[i] = new ChangeOutcome(change, ChangeState.Skipped, null, "would have ended with that boot");
            }
            else if (problem is not null || ended || knob.AreEqual(value, change.Before))
            {
                left.Add(change);
            }
            else
            {
                foreign.Add($"{change.Item} is '{value}' now");
            }
        }

        return foreign.Count == 0 ? (settled, left) : throw PracticeException.Precondition(
            $"operation '{begun.OperationId}' was cut off and is not completed, since somebody else has changed what it was to change: {string.Join("; ", foreign)}. Nothing was changed; undo it, or begin a new one");
    }
}
