using System.Text;

namespace GuestTune.Agent.BootLoader;

/// <summary>Splits GRUB's script language into commands, as its lexer does (grub-core/script/yylex.l): quotes, backslashes, comments, continuation lines.</summary>
internal sealed class GrubScript
{
    private readonly string _text;
    private int _position;

    private GrubScript(string text)
    {
        _text = text;
    }

    /// <summary>Each command's words; <c>{</c> and <c>}</c> that open and close blocks are commands of one word.</summary>
    /// <exception cref="IOException">A quote is never closed.</exception>
    public static List<List<GrubWord>> Parse(string text) => new GrubScript(text).Parse();

    /// <param name="variable">The value of a variable, or null: then it expands to nothing, as in GRUB.</param>
    public static string Expand(string text, Func<string, string?> variable)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == GrubWord.LiteralDollar)
            {
                result.Append('$');
            }
            else if (text[i] == '$' && TryReadName(text, i + 1, out var name, out var end))
            {
                result.Append(variable(name));
                i = end - 1;
            }
            else
            {
                result.Append(text[i]);
            }
        }

        return result.ToString();
    }

    private List<List<GrubWord>> Parse()
    {
        var commands = new List<List<GrubWord>>();
        var words = new List<GrubWord>();
        while (_position < _text.Length)
        {
            var c = _text[_position];
            if (c is ' ' or '\t' or '\r')
            {
                _position++;
            }
            else if (c is '\\' && Next is '\n')
            {
                _position += 2;
            }
            else if (c is '#')
            {
                SkipComment();
            }
            else if (c is '\n' or ';' or '|' or '&' or '<' or '>')
            {
                _position++;
                End(commands, ref words);
            }
            else if (c is '{' or '}' && IsBlankOrEnd(_position + 1))
            {
                End(commands, ref words);
                commands.Add([new GrubWord(c.ToString(), _position, _position + 1)]);
                _position++;
            }
            else
            {
                words.Add(ReadWord());
            }
        }

        End(commands, ref words);
        return commands;
    }

    private char? Next => _position + 1 < _text.Length ? _text[_position + 1] : null;

    private static void End(List<List<GrubWord>> commands, ref List<GrubWord> words)
    {
        if (words.Count > 0)
        {
            commands.Add(words);
            words = [];
        }
    }

    private bool IsBlankOrEnd(int position) => position >= _text.Length || _text[position] is ' ' or '\t' or '\r' or '\n' or ';' or '}';

    private void SkipComment()
    {
        while (_position < _text.Length && _text[_position] != '\n')
        {
            _position++;
        }
    }

    private GrubWord ReadWord()
    {
        var start = _position;
        var text = new StringBuilder();
        while (_position < _text.Length)
        {
            var c = _text[_position];
            switch (c)
            {
                case ' ' or '\t' or '\r' or '\n' or ';' or '|' or '&' or '<' or '>':
                    return new GrubWord(text.ToString(), start, _position);
                case '\\' when Next is '\n':
                    _position += 2;
                    break;
                case '\\' when Next is { } escaped:
                    AppendLiteral(text, escaped);
                    _position += 2;
                    break;
                case '\'':
                    ReadSingleQuoted(text);
                    break;
                case '"':
                    ReadDoubleQuoted(text);
                    break;
                default:
                    text.Append(c);
                    _position++;
                    break;
            }
        }

        return new GrubWord(text.ToString(), start, _position);
    }

    private void ReadSingleQuoted(StringBuilder text)
    {
        var end = _text.IndexOf('\'', _position + 1);
        if (end < 0)
        {
            throw NeverClosed(_position);
        }

        foreach (var c in _text.AsSpan(_position + 1, end - _position - 1))
        {
            AppendLiteral(text, c);
        }

        _position = end + 1;
    }

    private void ReadDoubleQuoted(StringBuilder text)
    {
        var start = _position++;
        while (_position < _text.Length)
        {
            switch (_text[_position])
            {
                case '"':
                    _position++;
                    return;
                case '\\' when Next is '\n':
                    _position += 2;
                    break;
                case '\\' when Next is '"' or '\\' or '$':
                    AppendLiteral(text, _text[_position + 1]);
                    _position += 2;
                    break;
                case var c:
                    text.Append(c);
                    _position++;
                    break;
            }
        }

        throw NeverClosed(start);
    }

    private static void AppendLiteral(StringBuilder text, char c) => text.Append(c == '$' ? GrubWord.LiteralDollar : c);

    private IOException NeverClosed(int position) => new($"line {_text.AsSpan(0, position).Count('\n') + 1}: a quote is never closed");

    private static bool TryReadName(string text, int start, out string name, out int end)
    {
        var isBraced = start < text.Length && text[start] == '{';
        var first = isBraced ? start + 1 : start;
        end = first;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
        {
            end++;
        }

        name = text[first..end];
        if (isBraced)
        {
            return end < text.Length && text[end++] == '}' && name.Length > 0;
        }

        return name.Length > 0;
    }
}
