namespace GuestTune.Practices.Modprobe;

/// <summary>Finds, sets and removes parameters on the <c>options</c> lines of a modprobe.d(5) file; every other byte stays as it is.</summary>
internal static class ModprobeText
{
    private static readonly char[] Blanks = [' ', '\t'];

    /// <summary>The value that counts: parameters are handed on in their order, and of one that comes twice the kernel takes the last.</summary>
    public static string? Find(string text, string module, string parameter)
    {
        string? found = null;
        foreach (var line in LogicalLines(text))
        {
            var words = line.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
            if (IsOptions(words, module))
            {
                found = words.Skip(2).LastOrDefault(w => IsParameter(w, parameter))?[(parameter.Length + 1)..] ?? found;
            }
        }

        return found;
    }

    /// <summary>On a line of its own, at the end, where it counts.</summary>
    public static string Set(string text, string module, string parameter, string value)
    {
        var rest = Remove(text, module, parameter);
        return $"{rest}{(rest.Length == 0 || rest[^1] == '\n' ? "" : "\n")}options {module} {parameter}={value}\n";
    }

    /// <summary>Takes away the lines that hold nothing but this parameter: those that <see cref="Set"/> writes.</summary>
    public static string Remove(string text, string module, string parameter) => string.Concat(Lines(text).Where(line =>
    {
        var words = line.TrimEnd('\n').Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
        return !(words.Length == 3 && IsOptions(words, module) && IsParameter(words[2], parameter));
    }));

    private static bool IsOptions(string[] words, string module) => words.Length > 2 && words[0] is "options" && IsSame(words[1], module);

    private static bool IsParameter(string word, string parameter) => word.Length > parameter.Length && word[parameter.Length] == '=' && IsSame(word[..parameter.Length], parameter);

    /// <summary>To modprobe and the kernel, <c>-</c> equals <c>_</c> in names.</summary>
    private static bool IsSame(string left, string right) => string.Equals(left.Replace('-', '_'), right, StringComparison.Ordinal);

    /// <summary>Each with its line end.</summary>
    private static IEnumerable<string> Lines(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start) is >= 0 and var at ? at + 1 : text.Length;
            yield return text[start..end];
            start = end;
        }
    }

    /// <summary>Without line ends, and joined where a backslash at the end says so.</summary>
    private static string[] LogicalLines(string text) => text.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n');
}
