namespace GuestTune.Agent.Systemd;

/// <summary>One file in the syntax of systemd.syntax(7): sections of assignments, which may be continued and may reset a list.</summary>
internal static class UnitFile
{
    /// <summary>The assignments to one key of one section, in their order; an empty one resets the list before it.</summary>
    public static IEnumerable<string> Values(string text, string section, string key)
    {
        var inSection = false;
        foreach (var line in LogicalLines(text))
        {
            if (line is ['[', .., ']'])
            {
                inSection = string.Equals(line[1..^1], section, StringComparison.Ordinal);
                continue;
            }

            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (inSection && equals > 0 && string.Equals(line[..equals].TrimEnd(), key, StringComparison.Ordinal))
            {
                yield return line[(equals + 1)..].TrimStart();
            }
        }
    }

    /// <summary>A backslash at a line's end continues it with a blank; comments in between are dropped (systemd.syntax(7)).</summary>
    internal static IEnumerable<string> LogicalLines(string text)
    {
        string? pending = null;
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.TrimEnd('\r').Trim();
            if (line is ['#' or ';', ..] || (line.Length == 0 && pending is null))
            {
                continue;
            }

            pending = pending is null ? line : $"{pending} {line}";
            if (pending.EndsWith('\\'))
            {
                pending = pending[..^1].TrimEnd();
                continue;
            }

            yield return pending;
            pending = null;
        }

        if (pending is not null)
        {
            yield return pending;
        }
    }
}
