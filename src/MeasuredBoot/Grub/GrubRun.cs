using System.Text;

namespace GuestTune.MeasuredBoot.Grub;

/// <summary>
/// Runs a script of ours as GRUB would, for what it measures: every command, after its arguments were expanded, just before it is carried out
/// (grub-core/script/execute.c), and every file that is read. It knows what such a script has, and refuses everything else.
/// </summary>
/// <param name="environment">The environment block that load_env reads.</param>
internal sealed class GrubRun(string environment, Dictionary<string, string> variables)
{
    private readonly List<GrubStep> _steps = [];

    /// <exception cref="InvalidDataException">The script has something that is not known here.</exception>
    public IReadOnlyList<GrubStep> Execute(string script)
    {
        var lines = script.Split('\n');
        var (isTaken, isActive) = (false, true);
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            switch (line.Split(' ')[0])
            {
                case "" or ['#', ..]:
                    break;
                case "if" or "elif":
                    isActive = !(isTaken && line.StartsWith("elif", StringComparison.Ordinal)) && Test(line);
                    isTaken = isActive || (isTaken && line.StartsWith("elif", StringComparison.Ordinal));
                    break;
                case "else":
                    isActive = !isTaken;
                    break;
                case "fi":
                    (isTaken, isActive) = (false, true);
                    break;
                case "menuentry" when isActive:
                    // It is the last that a script of ours has; what it has itself may end in such a line, too.
                    var end = Array.LastIndexOf(lines, "}");
                    Measure(Join(Words(line[..^1])) + " {\n" + string.Join('\n', lines[(i + 1)..end]) + "\n}");
                    i = end;
                    break;
                case var _ when isActive:
                    Do(Words(line));
                    break;
            }
        }

        return _steps;
    }

    private bool Test(string line)
    {
        var words = Words(line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..line.LastIndexOf(';')]);
        Measure(Join(words));
        return words switch
        {
            ["[", "-n", var text, "]"] => text.Length > 0,
            ["[", var left, "=", var right, "]"] => string.Equals(left, right, StringComparison.Ordinal),
            _ => throw Unknown(line),
        };
    }

    private void Do(List<string> words)
    {
        Measure(Join(words));
        switch (words)
        {
            case ["set", var assignment]:
                var equals = assignment.IndexOf('=', StringComparison.Ordinal);
                variables[assignment[..equals]] = assignment[(equals + 1)..];
                break;
            case ["load_env", "--file", var path, var name]:
                _steps.Add(new GrubStep(path, IsFile: true));
                variables[name] = GrubEnvironment.Parse(environment).GetValueOrDefault(name) ?? variables.GetValueOrDefault(name) ?? string.Empty;
                break;
            case ["save_env", "--file", _, _]:
                // The block is opened without the filter that measures (GRUB_FILE_TYPE_SKIP_SIGNATURE, grub-core/commands/loadenv.c).
                break;
            default:
                throw Unknown(Join(words));
        }
    }

    private void Measure(string command) => _steps.Add(new GrubStep(command, IsFile: false));

    private static string Join(List<string> words) => string.Join(' ', words);

    /// <summary>Cut at blanks outside of quotes; variables are expanded but within single ones.</summary>
    private List<string> Words(string text)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        var quote = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quote == '\0' && c == ' ')
            {
                if (word is not null)
                {
                    words.Add(word.ToString());
                }

                word = null;
                continue;
            }

            word ??= new StringBuilder();
            if (c == quote || (quote == '\0' && c is '"' or '\''))
            {
                quote = quote == '\0' ? c : '\0';
            }
            else if (c == '$' && quote != '\'')
            {
                var isBraced = text[i + 1] == '{';
                var start = isBraced ? i + 2 : i + 1;
                var end = start;
                while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] == '_'))
                {
                    end++;
                }

                word.Append(variables.GetValueOrDefault(text[start..end]));
                i = isBraced ? end : end - 1;
            }
            else
            {
                word.Append(c);
            }
        }

        return word is null ? words : [.. words, word.ToString()];
    }

    private static InvalidDataException Unknown(string what) => new($"what GRUB makes of '{what}' is not known here");
}
