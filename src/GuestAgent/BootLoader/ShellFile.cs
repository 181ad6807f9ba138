namespace GuestTune.Agent.BootLoader;

/// <summary>Finds the assignments in a file like /etc/default/grub, which a shell reads: quotes, comments, continuation lines, command substitutions. It evaluates nothing.</summary>
internal sealed class ShellFile
{
    private readonly string _text;
    private readonly string _path;
    private int _position;

    private ShellFile(string text, string path)
    {
        _text = text;
        _path = path;
    }

    /// <exception cref="IOException">A quote or substitution is never closed.</exception>
    public static IReadOnlyList<ShellAssignment> FindAssignments(string text, string path) => new ShellFile(text, path).Find();

    private List<ShellAssignment> Find()
    {
        var found = new List<ShellAssignment>();
        while (_position < _text.Length)
        {
            switch (_text[_position])
            {
                case ' ' or '\t' or '\r' or '\n' or ';' or '&' or '|' or '(' or ')':
                    _position++;
                    break;
                case '\\' when Follows('\n'):
                    _position += 2;
                    break;
                case '#':
                    _position = IndexOrEnd('\n');
                    break;
                default:
                    ReadWord(found);
                    break;
            }
        }

        return found;
    }

    private void ReadWord(List<ShellAssignment> found)
    {
        var start = _position;
        while (_position < _text.Length && (char.IsAsciiLetterOrDigit(_text[_position]) || _text[_position] == '_'))
        {
            _position++;
        }

        var name = _text[start.._position];
        if (name.Length > 0 && Follows("+="))
        {
            _position += 2;
        }
        else if (name.Length > 0 && Follows("="))
        {
            _position++;
        }
        else
        {
            SkipWord();
            return;
        }

        var value = _position;
        SkipWord();
        found.Add(new ShellAssignment(name, value, _position));
    }

    private void SkipWord()
    {
        while (_position < _text.Length && _text[_position] is not (' ' or '\t' or '\r' or '\n' or ';' or '&' or '|' or '(' or ')'))
        {
            SkipOne(isQuoted: false);
        }
    }

    private void SkipDoubleQuoted()
    {
        var start = _position++;
        while (_position < _text.Length)
        {
            if (_text[_position] == '"')
            {
                _position++;
                return;
            }

            SkipOne(isQuoted: true);
        }

        throw NeverClosed(start);
    }

    private void SkipSubstitution()
    {
        var start = _position;
        _position += 2;
        for (var depth = 1; depth > 0;)
        {
            if (_position >= _text.Length)
            {
                throw NeverClosed(start);
            }

            if (_text[_position] is '(' or ')')
            {
                depth += _text[_position++] == '(' ? 1 : -1;
            }
            else
            {
                SkipOne(isQuoted: false);
            }
        }
    }

    /// <summary>A character, or all that it opens.</summary>
    /// <param name="isQuoted">Within double quotes, where other quotes are text.</param>
    private void SkipOne(bool isQuoted)
    {
        switch (_text[_position])
        {
            case '\\':
                _position = Math.Min(_position + 2, _text.Length);
                break;
            case '\'' when !isQuoted:
                SkipTo('\'');
                break;
            case '"' when !isQuoted:
                SkipDoubleQuoted();
                break;
            case '`':
                SkipTo('`');
                break;
            case '$' when Follows("$("):
                SkipSubstitution();
                break;
            default:
                _position++;
                break;
        }
    }

    private void SkipTo(char close)
    {
        var end = _text.IndexOf(close, _position + 1);
        _position = end < 0 ? throw NeverClosed(_position) : end + 1;
    }

    private bool Follows(string text) => _text.AsSpan(_position).StartsWith(text, StringComparison.Ordinal);

    private bool Follows(char next) => _position + 1 < _text.Length && _text[_position + 1] == next;

    private int IndexOrEnd(char c) => _text.IndexOf(c, _position) is >= 0 and var at ? at : _text.Length;

    private IOException NeverClosed(int position)
        => new($"{_path} cannot be understood: line {_text.AsSpan(0, position).Count('\n') + 1} opens a quote that is never closed; mend it first");
}
