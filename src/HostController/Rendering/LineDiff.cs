using GuestTune.Controller.Differences;

namespace GuestTune.Controller.Rendering;

/// <summary>Finds which lines two texts have in common, and cuts the rest into hunks.</summary>
internal static class LineDiff
{
    private const int ContextLines = 3;

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

    private static List<DiffLine> Compare(string[] before, string[] after) =>
        [.. SequenceDiff.Of(before, after).Select(s => s.IsKept ? new DiffLine(' ', before[s.Before]) : s.Before >= 0 ? new DiffLine('-', before[s.Before]) : new DiffLine('+', after[s.After]))];

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
