namespace GuestTune.Controller.Selection;

/// <summary>Shell patterns over names: <c>*</c>, <c>?</c>, <c>[abc]</c>, <c>[a-c]</c> and <c>[!abc]</c>.</summary>
internal static class Glob
{
    public static bool IsPattern(string text) => text.AsSpan().IndexOfAny("*?[") >= 0;

    /// <summary>Runs in time |pattern| x |name|: it goes back to the last star only.</summary>
    public static bool Matches(string pattern, string name)
    {
        int p = 0, n = 0, star = -1, starName = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                starName = n;
            }
            else if (p < pattern.Length && MatchesOne(pattern, p, name[n], out var next))
            {
                p = next;
                n++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++starName;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*')
        {
            p++;
        }

        return p == pattern.Length;
    }

    private static bool MatchesOne(string pattern, int position, char c, out int next)
    {
        next = position + 1;
        switch (pattern[position])
        {
            case '?':
                return true;
            case '[' when ClassEnd(pattern, position) is var end and > 0:
                next = end + 1;
                return MatchesClass(pattern.AsSpan(position + 1, end - position - 1), c);
            default:
                return pattern[position] == c;
        }
    }

    // A ']' that comes first belongs to the class (glob(7)).
    private static int ClassEnd(string pattern, int open)
    {
        var first = open + 1;
        if (first < pattern.Length && pattern[first] is '!' or '^')
        {
            first++;
        }

        return first + 1 > pattern.Length ? -1 : pattern.IndexOf(']', first + 1);
    }

    private static bool MatchesClass(ReadOnlySpan<char> set, char c)
    {
        var negated = set[0] is '!' or '^';
        if (negated)
        {
            set = set[1..];
        }

        for (var i = 0; i < set.Length; i++)
        {
            if (i + 2 < set.Length && set[i + 1] == '-')
            {
                if (c >= set[i] && c <= set[i + 2])
                {
                    return !negated;
                }

                i += 2;
            }
            else if (set[i] == c)
            {
                return !negated;
            }
        }

        return negated;
    }
}
