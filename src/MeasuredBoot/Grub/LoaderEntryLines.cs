namespace GuestTune.MeasuredBoot.Grub;

/// <summary>The lines of a boot loader entry (type #1 of the Boot Loader Specification): a key, blanks, a value.</summary>
public static class LoaderEntryLines
{
    /// <summary>Every value of a key that may stand more than once, without empty ones.</summary>
    public static IEnumerable<string> Values(string text, string key) => Find(text, key).Where(static l => l.End > l.Start).Select(l => text[l.Start..l.End]);

    /// <summary>Where the values of a key stand, without the blanks around them.</summary>
    public static IReadOnlyList<(int Start, int End)> Find(string text, string key)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(key);
        var found = new List<(int, int)>();
        for (var start = 0; start < text.Length;)
        {
            var lineEnd = text.IndexOf('\n', start) is >= 0 and var at ? at : text.Length;
            var position = SkipBlanks(text, start, lineEnd);
            if (text.AsSpan(position, lineEnd - position).StartsWith(key, StringComparison.Ordinal) && SkipBlanks(text, position + key.Length, lineEnd) is var value
                && value > position + key.Length)
            {
                var end = lineEnd;
                while (end > value && text[end - 1] is ' ' or '\t' or '\r')
                {
                    end--;
                }

                found.Add((value, end));
            }

            start = lineEnd + 1;
        }

        return found;
    }

    private static int SkipBlanks(string text, int position, int end)
    {
        while (position < end && text[position] is ' ' or '\t')
        {
            position++;
        }

        return position;
    }
}
