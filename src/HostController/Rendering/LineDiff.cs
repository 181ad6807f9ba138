namespace GuestTune.Controller.Rendering;

/// <summary>Finds which lines two texts have in common (a longest common subsequence), and cuts the rest into hunks.</summary>
internal static class LineDiff
{
    private const int ContextLines = 3;

    /// <summary>Between their common beginning and end. Texts come from guests: what is larger is shown as replaced, and costs nothing.</summary>
    private const int LargestTable = 1_000_000;

    public static IReadOnlyList<DiffHunk> Of(string before, string after) => Cut(Compare(Split(before), Split(after)));

    internal static string[] Split(string text)
    {
        var lines = new List<string>();
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end + 1;
            lines.Add(text[start..end]);
            start = end;
        }

        return [.. lines];
    }

    private static List<DiffLine> Compare(string[] before, string[] after)
    {
        var prefix = 0;
        while (prefix < before.Length && prefix < after.Length && before[prefix] == after[prefix])
        {
            prefix++;
        }

        var suffix = 0;
        while (suffix < before.Length - prefix && suffix < after.Length - prefix && before[^(suffix + 1)] == after[^(suffix + 1)])
        {
            suffix++;
        }

        var lines = new List<DiffLine>(before.Length + after.Length);
        lines.AddRange(before[..prefix].Select(static l => new DiffLine(' ', l)));
        CompareMiddle(before[prefix..^suffix], after[prefix..^suffix], lines);
        lines.AddRange(before[^suffix..].Select(static l => new DiffLine(' ', l)));
        return lines;
    }

    private static void CompareMiddle(string[] before, string[] after, List<DiffLine> lines)
    {
        int i = 0, j = 0;
        if ((long)before.Length * after.Length <= LargestTable)
        {
            var common = CommonLengths(before, after);
            while (i < before.Length && j < after.Length)
            {
                lines.Add(before[i] == after[j] ? new DiffLine(' ', before[i++])
                    : common[i + 1, j] >= common[i, j + 1] ? new DiffLine('-', before[i++])
                    : new DiffLine('+', after[j]));
                j += lines[^1].Mark == '-' ? 0 : 1;
            }
        }

        lines.AddRange(before[i..].Select(static l => new DiffLine('-', l)));
        lines.AddRange(after[j..].Select(static l => new DiffLine('+', l)));
    }

    /// <returns>At [i, j]: how many lines the texts have in common from there on.</returns>
    private static int[,] CommonLengths(string[] before, string[] after)
    {
        var lengths = new int[before.Length + 1, after.Length + 1];
        for (var i = before.Length - 1; i >= 0; i--)
        {
            for (var j = after.Length - 1; j >= 0; j--)
            {
                lengths[i, j] = before[i] == after[j] ? lengths[i + 1, j + 1] + 1 : Math.Max(lengths[i + 1, j], lengths[i, j + 1]);
            }
        }

        return lengths;
    }

    private static List<DiffHunk> Cut(List<DiffLine> lines)
    {
        var hunks = new List<DiffHunk>();
        int before = 0, after = 0;
        for (var position = 0; position < lines.Count;)
        {
            var change = lines.FindIndex(position, static l => l.Mark != ' ');
            if (change < 0)
            {
                break;
            }

            var start = Math.Max(position, change - ContextLines);
            (before, after) = (before + start - position, after + start - position);
            var end = EndOfHunk(lines, change);
            var hunk = lines.GetRange(start, end - start);
            var beforeCount = hunk.Count(static l => l.Mark != '+');
            var afterCount = hunk.Count(static l => l.Mark != '-');
            hunks.Add(new DiffHunk(before + (beforeCount > 0 ? 1 : 0), beforeCount, after + (afterCount > 0 ? 1 : 0), afterCount, hunk));
            (before, after) = (before + beforeCount, after + afterCount);
            position = end;
        }

        return hunks;
    }

    /// <summary>Changes that are so near to one another that their surroundings would overlap are one hunk.</summary>
    private static int EndOfHunk(List<DiffLine> lines, int change)
    {
        while (true)
        {
            var same = lines.FindIndex(change, static l => l.Mark == ' ');
            if (same < 0)
            {
                return lines.Count;
            }

            change = lines.FindIndex(same, static l => l.Mark != ' ');
            if (change < 0 || change - same > 2 * ContextLines)
            {
                return Math.Min(lines.Count, same + ContextLines);
            }
        }
    }
}
