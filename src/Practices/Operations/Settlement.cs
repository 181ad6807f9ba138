using GuestTune.Practices.Journaling;

namespace GuestTune.Practices;

/// <summary>What became of an operation that was cut off, by what is there now.</summary>
internal static class Settlement
{
    /// <returns>Null where something cannot be read, so that nobody knows yet.</returns>
    public static (OperationState State, List<ChangeOutcome> Outcomes, string? Error)? Of(IPractice practice, BegunRecord begun, string bootId)
    {
        var outcomes = new List<ChangeOutcome>(begun.Changes.Count);
        List<string> made = [], unmade = [], foreign = [];
        foreach (var change in begun.Changes)
        {
            if (begun.HasEnded(change, bootId))
            {
                outcomes.Add(new ChangeOutcome(change, ChangeState.Skipped, null, "would have ended with that boot"));
                continue;
            }

            if (Read(practice, change) is not var (knob, value))
            {
                return null;
            }

            if (knob.AreEqual(value, change.After))
            {
                made.Add(change.Item);
                outcomes.Add(ChangeRunner.Made(change, value, begun.Kind));
            }
            else if (knob.AreEqual(value, change.Before))
            {
                unmade.Add(change.Item);
                outcomes.Add(new ChangeOutcome(change, ChangeState.Skipped, value));
            }
            else
            {
                foreign.Add($"{change.Item} is '{value}' now, neither what it was nor what it was to be");
                outcomes.Add(new ChangeOutcome(change, ChangeState.Failed, value, foreign[^1]));
            }
        }

        if (unmade.Count + foreign.Count == 0)
        {
            return (OperationState.Done, outcomes, null);
        }

        return (OperationState.Failed, outcomes, made.Count + foreign.Count == 0
            ? "cut off, and nothing was changed"
            : "cut off in the middle: " + string.Join("; ", [.. List("changed", made), .. List("not changed", unmade), .. foreign]));

        static string[] List(string what, List<string> items) => items.Count == 0 ? [] : [$"{what}: {string.Join(", ", items)}"];
    }

    private static (IKnob Knob, string? Value)? Read(IPractice practice, Change change)
    {
        try
        {
            var knob = practice.OpenKnob(change);
            var reading = knob.Read();
            return reading.Problem is null ? (knob, reading.Value) : null;
        }
        catch (PracticeException)
        {
            // Of another version of this program.
            return null;
        }
    }
}
