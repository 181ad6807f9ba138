namespace GuestTune.Controller.LibvirtAuth;

/// <summary>Finds, sets and removes single keys in the text of a configuration file; every other byte stays as it is.</summary>
internal static class ConfigText
{
    /// <summary>As it is written, with its quotes; null where the key is not there, or only in a comment.</summary>
    public static string? Find(string text, ConfigDialect dialect, string key) => Place(text, dialect, key) is { } place ? text[place.Value] : null;

    /// <summary>Replaces the value that counts. A key that is not there gets a line below its commented example, where there is one, else at the end.</summary>
    public static string Set(string text, ConfigDialect dialect, string key, string value)
    {
        if (Place(text, dialect, key) is { } place)
        {
            return string.Concat(text.AsSpan(0, place.Value.Start.Value), value, text.AsSpan(place.Value.End.Value));
        }

        var at = text.Length;
        foreach (var line in Lines(text))
        {
            var content = text.AsSpan(line).TrimStart();
            if (content.StartsWith('#') && IsKey(content.TrimStart("# \t"), dialect, key))
            {
                at = line.End.Value;
            }
        }

        var before = text[..at];
        return string.Concat(before, before.Length == 0 || before[^1] == '\n' ? "" : "\n", dialect.Line(key, value), text.AsSpan(at));
    }

    public static string Remove(string text, ConfigDialect dialect, string key) =>
        Place(text, dialect, key) is { } place ? string.Concat(text.AsSpan(0, place.Line.Start.Value), text.AsSpan(place.Line.End.Value)) : text;

    /// <summary>Without quotes around it.</summary>
    public static string? Plain(string? value) => value is [('"' or '\'') and var quote, .., var last] && last == quote ? value[1..^1] : value;

    private static (Range Line, Range Value)? Place(string text, ConfigDialect dialect, string key)
    {
        (Range, Range)? found = null;
        foreach (var line in Lines(text))
        {
            var content = text.AsSpan(line);
            var start = content.Length - content.TrimStart(" \t").Length;
            if (!IsKey(content[start..], dialect, key) || (found is not null && !dialect.LastCounts))
            {
                continue;
            }

            start += content[start..].IndexOf(dialect.Separator) + 1;
            start += content[start..].Length - content[start..].TrimStart(" \t").Length;
            var length = dialect.ValueIsRestOfLine ? content[start..].TrimEnd(" \t\r\n").Length : LengthOfValue(content[start..]);
            found = (line, (line.Start.Value + start)..(line.Start.Value + start + length));
        }

        return found;
    }

    private static bool IsKey(ReadOnlySpan<char> content, ConfigDialect dialect, string key) =>
        content.StartsWith(key, StringComparison.Ordinal) && content[key.Length..].TrimStart(" \t").StartsWith(dialect.Separator);

    private static int LengthOfValue(ReadOnlySpan<char> value)
    {
        if (value.StartsWith('"') || value.StartsWith('\''))
        {
            var end = value[1..].IndexOf(value[0]);
            return end < 0 ? value.TrimEnd(" \t\r\n").Length : end + 2;
        }

        var stop = value.IndexOfAny(" \t\r\n#");
        return stop < 0 ? value.Length : stop;
    }

    /// <summary>Each with its line end.</summary>
    private static IEnumerable<Range> Lines(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start) is >= 0 and var at ? at + 1 : text.Length;
            yield return start..end;
            start = end;
        }
    }
}
