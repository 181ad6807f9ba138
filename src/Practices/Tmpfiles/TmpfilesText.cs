namespace GuestTune.Practices.Tmpfiles;

/// <summary>Finds, sets and removes single <c>w</c> lines in the text of a tmpfiles.d(5) file; every other byte stays as it is.</summary>
internal static class TmpfilesText
{
    /// <summary>Type, path, mode, user, group, age: the argument is what follows.</summary>
    private const int FieldsBeforeArgument = 6;

    /// <summary>The value that the file's first <c>w</c> line for this path writes; systemd-tmpfiles ignores further ones.</summary>
    public static string? Find(string text, string path) => TryFind(text, path, out var line) ? text[line.Argument] : null;

    /// <summary>Changes the argument of the line that is there, or adds one at the top, where taking it away again restores every byte.</summary>
    public static string Set(string text, string path, string value) => TryFind(text, path, out var line)
        ? string.Concat(text.AsSpan(0, line.Argument.Start.Value), value, text.AsSpan(line.Argument.End.Value))
        : $"w {path} - - - - {value}\n{text}";

    public static string Remove(string text, string path) => TryFind(text, path, out var line)
        ? string.Concat(text.AsSpan(0, line.Whole.Start.Value), text.AsSpan(line.Whole.End.Value))
        : text;

    private static bool TryFind(string text, string path, out (Range Whole, Range Argument) line)
    {
        line = default;
        for (var start = 0; start < text.Length;)
        {
            var lineEnd = text.IndexOf('\n', start);
            var end = lineEnd < 0 ? text.Length : lineEnd;
            if (TryParse(text, start, end, path, out var argument))
            {
                line = (start..(lineEnd < 0 ? end : end + 1), argument);
                return true;
            }

            start = end + 1;
        }

        return false;
    }

    private static bool TryParse(string text, int start, int end, string path, out Range argument)
    {
        argument = default;
        var position = start;
        for (var field = 0; field < FieldsBeforeArgument; field++)
        {
            position = SkipBlanks(text, position, end);
            var fieldStart = position;
            while (position < end && !IsBlank(text[position]))
            {
                position++;
            }

            var value = text.AsSpan(fieldStart, position - fieldStart);
            if (value.IsEmpty || (field == 0 && value[0] != 'w') || (field == 1 && !value.SequenceEqual(path)))
            {
                return false;
            }
        }

        position = SkipBlanks(text, position, end);
        while (end > position && IsBlank(text[end - 1]))
        {
            end--;
        }

        argument = position..end;
        return position < end;
    }

    private static int SkipBlanks(string text, int position, int end)
    {
        while (position < end && IsBlank(text[position]))
        {
            position++;
        }

        return position;
    }

    private static bool IsBlank(char c) => c is ' ' or '\t' or '\r';
}
