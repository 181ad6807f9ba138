using System.Text;

namespace GuestTune.Agent.Systemd;

/// <summary>Reads what EnvironmentFile= names (systemd.exec(5)): NAME=VALUE lines with the quotes of a shell and none of its expansions.</summary>
internal static class EnvironmentFile
{
    public static IEnumerable<KeyValuePair<string, string>> Parse(string text)
    {
        foreach (var line in UnitFile.LogicalLines(text))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                yield return new(line[..equals].TrimEnd(), Unquote(line[(equals + 1)..].Trim()));
            }
        }
    }

    private static string Unquote(string value)
    {
        var result = new StringBuilder(value.Length);
        var quote = '\0';
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            if (c == '\\' && quote != '\'' && i + 1 < value.Length)
            {
                result.Append(value[++i]);
            }
            else if (quote == '\0' ? c is '"' or '\'' : c == quote)
            {
                quote = quote == '\0' ? c : '\0';
            }
            else
            {
                result.Append(c);
            }
        }

        return result.ToString();
    }
}
