namespace GuestTune.Agent.BootLoader;

/// <summary>Reads a command line as the kernel does (lib/cmdline.c, next_arg), and edits it token by token: what is not ours keeps its bytes.</summary>
internal static class ArgumentLine
{
    /// <summary>What follows it is for init (kernel/params.c, parse_args).</summary>
    private const string EndOfArguments = "--";

    /// <summary>The kernel's arguments, without those for init.</summary>
    public static List<ArgumentToken> Parse(string line) => Parse(line, out _);

    /// <returns>The value that counts, which is the last one: empty for a key alone, null where it is absent.</returns>
    public static string? Find(string line, string key)
    {
        string? value = null;
        foreach (var (argument, _, _) in Parse(line))
        {
            value = KernelArgument.IsSameKey(argument.Key, key) ? argument.Value ?? string.Empty : value;
        }

        return value;
    }

    /// <summary>At the end, where it wins over an earlier one of the same key, but before what is for init.</summary>
    /// <exception cref="IOException">The line ends within quotes, where everything added would be part of another argument.</exception>
    public static string Add(string line, KernelArgument argument)
    {
        var tokens = Parse(line, out var end);
        if (end < 0 && line.AsSpan().Count('"') % 2 != 0)
        {
            throw new IOException($"nothing can be added to the command line \"{line}\": it has a quote that is never closed");
        }

        var at = end < 0 ? line.Length : tokens.Count == 0 ? 0 : tokens[^1].End;
        return line.Insert(at, (at == 0 && end == 0 ? string.Empty : " ") + argument.Text + (at == 0 && end == 0 ? " " : string.Empty));
    }

    /// <summary>The last one that reads exactly so, with the blank that <see cref="Add"/> put beside it.</summary>
    public static string Remove(string line, KernelArgument argument)
    {
        var tokens = Parse(line);
        for (var i = tokens.Count - 1; i >= 0; i--)
        {
            var (_, start, end) = tokens[i];
            if (!line.AsSpan(start, end - start).SequenceEqual(argument.Text))
            {
                continue;
            }

            return start > 0 ? line.Remove(start - 1, end - start + 1)
                : end < line.Length ? line.Remove(start, end - start + 1)
                : string.Empty;
        }

        return line;
    }

    /// <summary>Puts own arguments in the place of former own ones.</summary>
    public static string Exchange(string line, IReadOnlyList<KernelArgument> former, IReadOnlyList<KernelArgument> own)
    {
        // Backwards, so that each is taken from where it was added.
        for (var i = former.Count - 1; i >= 0; i--)
        {
            line = Remove(line, former[i]);
        }

        foreach (var argument in own)
        {
            line = Add(line, argument);
        }

        return line;
    }

    /// <param name="end">Where <c>--</c> stands, or -1.</param>
    private static List<ArgumentToken> Parse(string line, out int end)
    {
        var tokens = new List<ArgumentToken>();
        end = -1;
        for (var position = 0; position < line.Length;)
        {
            if (IsBlank(line[position]))
            {
                position++;
                continue;
            }

            var start = position;
            var isQuoted = false;
            for (; position < line.Length && (isQuoted || !IsBlank(line[position])); position++)
            {
                isQuoted ^= line[position] == '"';
            }

            var argument = Read(line.AsSpan(start, position - start));
            if (argument is { Key: EndOfArguments, Value: null })
            {
                end = start;
                break;
            }

            tokens.Add(new ArgumentToken(argument, start, position));
        }

        return tokens;
    }

    /// <summary>Quotes around the whole, or around the value, are not part of it; others are.</summary>
    private static KernelArgument Read(ReadOnlySpan<char> text)
    {
        var isQuoted = text[0] == '"';
        text = isQuoted ? text[1..] : text;
        var equals = text.IndexOf('=');
        if (equals <= 0)
        {
            return new KernelArgument((isQuoted ? WithoutLastQuote(text) : text).ToString(), null);
        }

        var value = text[(equals + 1)..];
        if (value is ['"', ..])
        {
            value = WithoutLastQuote(value[1..]);
        }
        else if (isQuoted)
        {
            value = WithoutLastQuote(value);
        }

        return new KernelArgument(text[..equals].ToString(), value.ToString());
    }

    private static ReadOnlySpan<char> WithoutLastQuote(ReadOnlySpan<char> text) => text is [.., '"'] ? text[..^1] : text;

    /// <summary>isspace() of the kernel; the bytes above ASCII that it counts, too, cannot be ours.</summary>
    private static bool IsBlank(char c) => c is ' ' or '\t' or '\n' or '\v' or '\f' or '\r' or '\u00a0';
}
