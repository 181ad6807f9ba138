namespace GuestTune.Controller.Differences;

/// <summary>Finds what two sequences have in common: a longest common subsequence.</summary>
internal static class SequenceDiff
{
    /// <summary>Between their common beginning and end. Sequences come from guests: what is larger is replaced as a whole, and costs nothing.</summary>
    private const int LargestTable = 1_000_000;

    /// <returns>The steps in order; where an element is replaced, what is gone comes before what is new.</returns>
    public static IReadOnlyList<DiffStep> Of<T>(IReadOnlyList<T> before, IReadOnlyList<T> after)
        where T : notnull
    {
        var same = EqualityComparer<T>.Default;
        var prefix = 0;
        while (prefix < before.Count && prefix < after.Count && same.Equals(before[prefix], after[prefix]))
        {
            prefix++;
        }

        var suffix = 0;
        while (suffix < before.Count - prefix && suffix < after.Count - prefix && same.Equals(before[^(suffix + 1)], after[^(suffix + 1)]))
        {
            suffix++;
        }

        var steps = new List<DiffStep>(Math.Max(before.Count, after.Count));
        for (var i = 0; i < prefix; i++)
        {
            steps.Add(new DiffStep(i, i));
        }

        var (beforeEnd, afterEnd) = (before.Count - suffix, after.Count - suffix);
        AddMiddle(steps, before, after, (prefix, beforeEnd), (prefix, afterEnd));
        for (var i = 0; i < suffix; i++)
        {
            steps.Add(new DiffStep(beforeEnd + i, afterEnd + i));
        }

        return steps;
    }

    private static void AddMiddle<T>(List<DiffStep> steps, IReadOnlyList<T> before, IReadOnlyList<T> after, (int Start, int End) old, (int Start, int End) now)
        where T : notnull
    {
        var (i, j) = (old.Start, now.Start);
        if ((long)(old.End - old.Start) * (now.End - now.Start) <= LargestTable)
        {
            var common = CommonLengths(before, after, old, now);
            while (i < old.End && j < now.End)
            {
                if (EqualityComparer<T>.Default.Equals(before[i], after[j]))
                {
                    steps.Add(new DiffStep(i++, j++));
                }
                else if (common[i - old.Start + 1, j - now.Start] >= common[i - old.Start, j - now.Start + 1])
                {
                    steps.Add(new DiffStep(i++, -1));
                }
                else
                {
                    steps.Add(new DiffStep(-1, j++));
                }
            }
        }

        while (i < old.End)
        {
            steps.Add(new DiffStep(i++, -1));
        }

        while (j < now.End)
        {
            steps.Add(new DiffStep(-1, j++));
        }
    }

    /// <returns>At [i, j]: how many elements the sequences have in common from there on.</returns>
    private static int[,] CommonLengths<T>(IReadOnlyList<T> before, IReadOnlyList<T> after, (int Start, int End) old, (int Start, int End) now)
    {
        var lengths = new int[old.End - old.Start + 1, now.End - now.Start + 1];
        for (var i = old.End - old.Start - 1; i >= 0; i--)
        {
            for (var j = now.End - now.Start - 1; j >= 0; j--)
            {
                lengths[i, j] = EqualityComparer<T>.Default.Equals(before[old.Start + i], after[now.Start + j])
                    ? lengths[i + 1, j + 1] + 1
                    : Math.Max(lengths[i + 1, j], lengths[i, j + 1]);
            }
        }

        return lengths;
    }
}
