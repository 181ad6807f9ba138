using GuestTune.Practices.Journaling;

namespace GuestTune.Practices;

/// <summary>What has to change so that an operation is undone: for each item its value of before, unless it is there already or somebody else changed it.</summary>
internal static class UndoPlan
{
    /// <exception cref="PracticeException">Values were changed since, and force was not asked for.</exception>
    public static List<Change> Of(JournaledOperation target, IPractice practice, Journal journal, string bootId, bool force)
    {
        var changes = new List<Change>();
        List<string>? drifts = null;
        var sameBoot = string.Equals(target.Begun.BootId, bootId, StringComparison.Ordinal);

        // Backwards: the way back.
        for (var i = target.Begun.Changes.Count - 1; i >= 0; i--)
        {
            var change = target.Begun.Changes[i];
            var knob = practice.OpenKnob(change);
            var reading = knob.Read();
            if (reading.Problem is null && knob.AreEqual(reading.Value, change.Before))
            {
                continue;
            }

            var isOurs = reading.Problem is null && knob.AreEqual(reading.Value, change.After);
            if (!isOurs && change.TakesEffect == TakesEffect.Now && !sameBoot)
            {
                // What was set in the running kernel went with that boot; what is there now is not ours.
                continue;
            }

            if (reading.Problem is not null)
            {
                (drifts ??= []).Add($"{change.Item} cannot be read ({change.Target}: {reading.Problem})");
                continue;
            }

            if (!isOurs && !force)
            {
                var by = SetBy(journal, target, change, knob, reading.Value);
                (drifts ??= []).Add(
                    $"{change.Item} was set to {Show(change.After)} and is {Show(reading.Value)} now{by}");
                continue;
            }

            changes.Add(new Change(change.Item, change.Target, reading.Value, change.Before, change.TakesEffect));
        }

        if (drifts is not null)
        {
            throw PracticeException.Precondition(
                $"operation '{target.Begun.OperationId}' is not undone, since what it set has changed: {string.Join("; ", drifts)}. "
                + "Undo the newer operation first, or use force to put the old values back anyway");
        }

        return changes;
    }

    private static string SetBy(Journal journal, JournaledOperation target, Change change, IKnob knob, string? value)
    {
        var all = journal.Operations;
        for (var i = all.Count - 1; i >= 0 && !ReferenceEquals(all[i], target); i--)
        {
            foreach (var outcome in all[i].Operation.Outcomes)
            {
                if (string.Equals(outcome.Change.Item, change.Item, StringComparison.Ordinal) && knob.AreEqual(outcome.Change.After, value)
                    && string.Equals(all[i].Begun.Practice, target.Begun.Practice, StringComparison.Ordinal))
                {
                    return $" (set by operation '{all[i].Begun.OperationId}')";
                }
            }
        }

        return string.Empty;
    }

    private static string Show(string? value) => value is null ? "nothing" : $"'{value}'";
}
