using System.Text;

namespace GuestTune.Agent.Systemd;

/// <summary>The value of ExecStart=, taken apart as systemd.service(5), "Command lines", has it: prefixes, quotes, escapes, variables.</summary>
internal sealed class ExecCommand
{
    private const string Prefixes = "@-:+!|";

    private ExecCommand(string text, IReadOnlyDictionary<string, string> environment, string program, IReadOnlyList<CommandToken> arguments)
    {
        Text = text;
        Environment = environment;
        Program = program;
        Arguments = arguments;
    }

    /// <summary>As in the file.</summary>
    public string Text { get; }

    /// <summary>What its variables stand for.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>Path, without the prefixes.</summary>
    public string Program { get; }

    public IReadOnlyList<CommandToken> Arguments { get; }

    public IEnumerable<string> Words => Arguments.SelectMany(static a => a.Words);

    public static ExecCommand Parse(string text, IReadOnlyDictionary<string, string> environment)
    {
        var start = 0;
        while (start < text.Length && Prefixes.Contains(text[start], StringComparison.Ordinal))
        {
            start++;
        }

        var expands = !text.AsSpan(0, start).Contains(':');
        var hasName = text.AsSpan(0, start).Contains('@');
        var tokens = new List<CommandToken>();
        for (var position = start; Next(text, ref position, environment, expands) is { } token;)
        {
            tokens.Add(token);
        }

        // With '@' the second word is only the name that the process gets.
        var program = tokens.Count > 0 ? tokens[0].Words.FirstOrDefault(string.Empty) : string.Empty;
        return new ExecCommand(text, environment, program, [.. tokens.Skip(hasName ? 2 : 1)]);
    }

    private static CommandToken? Next(string text, ref int position, IReadOnlyDictionary<string, string> environment, bool expands)
    {
        while (position < text.Length && char.IsWhiteSpace(text[position]))
        {
            position++;
        }

        if (position == text.Length)
        {
            return null;
        }

        var start = position;
        var word = new StringBuilder();
        var quote = '\0';
        for (; position < text.Length && (quote != '\0' || !char.IsWhiteSpace(text[position])); position++)
        {
            var c = text[position];
            if (quote == '\0' ? c is '"' or '\'' : c == quote)
            {
                quote = quote == '\0' ? c : '\0';
            }
            else if (c == '\\' && position + 1 < text.Length)
            {
                position++;
                AppendEscape(word, text, ref position);
            }
            else if (c is '%' or '$' && position + 1 < text.Length && text[position + 1] == c && (c == '%' || expands))
            {
                word.Append(text[position++]);
            }
            else if (expands && c == '$' && position + 1 < text.Length && text[position + 1] == '{' && text.IndexOf('}', position) is > 0 and var end)
            {
                word.Append(environment.GetValueOrDefault(text[(position + 2)..end], string.Empty));
                position = end;
            }
            else
            {
                word.Append(c);
            }
        }

        // Only a variable that is the whole word is split at blanks; ${NAME} never is.
        var raw = text.AsSpan(start, position - start);
        IReadOnlyList<string> words = expands && raw.Length > 1 && raw[0] == '$' && IsName(raw[1..])
            ? environment.GetValueOrDefault(raw[1..].ToString(), string.Empty).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            : [word.ToString()];
        return new CommandToken(start..position, words);
    }

    private static bool IsName(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
            {
                return false;
            }
        }

        return true;
    }

    private static void AppendEscape(StringBuilder word, string text, ref int position)
    {
        switch (text[position])
        {
            case 's':
                word.Append(' ');
                break;
            case 't':
                word.Append('\t');
                break;
            case 'n':
                word.Append('\n');
                break;
            case 'x' when position + 2 < text.Length && char.IsAsciiHexDigit(text[position + 1]) && char.IsAsciiHexDigit(text[position + 2]):
                word.Append((char)Convert.ToByte(text.Substring(position + 1, 2), 16));
                position += 2;
                break;
            case var c:
                word.Append(c);
                break;
        }
    }
}
