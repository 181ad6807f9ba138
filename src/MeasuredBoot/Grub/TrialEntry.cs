using System.Text;

namespace GuestTune.MeasuredBoot.Grub;

/// <summary>The menu entry that starts the running kernel as it was started, copied from the one that grub.cfg has for it.</summary>
public static class TrialEntry
{
    /// <param name="configuration">The text of grub.cfg.</param>
    /// <returns>What stands between the entry's braces, and whether GRUB starts it without a password where it has one; null where there is none for this kernel.</returns>
    /// <exception cref="InvalidDataException">It cannot be copied.</exception>
    public static (string Body, bool IsUnrestricted)? FromMenu(RunningCommandLine line, string configuration)
    {
        ArgumentNullException.ThrowIfNull(line);
        ArgumentNullException.ThrowIfNull(configuration);
        List<string>? body = null;
        var (isOurs, isUnrestricted) = (false, false);
        var depth = 0;
        foreach (var raw in configuration.Split('\n'))
        {
            var text = raw.Trim();
            if (body is null)
            {
                if (text.StartsWith("menuentry ", StringComparison.Ordinal) && text.EndsWith('{'))
                {
                    (body, isOurs, depth) = ([], false, 1);
                    isUnrestricted = text.Split(' ').Contains("--unrestricted", StringComparer.Ordinal);
                }

                continue;
            }

            depth += text.EndsWith('{') ? 1 : text is "}" ? -1 : 0;
            if (depth > 0)
            {
                var starts = StartsKernel(text, line.Image);
                isOurs |= starts;
                body.Add(starts ? "\t" + WithArguments(text, line) : raw.TrimEnd());
                continue;
            }

            if (isOurs)
            {
                // It would make this entry the default of all later boots.
                return (string.Join('\n', body.Where(static l => l.Trim() is not "savedefault")), isUnrestricted);
            }

            body = null;
        }

        return null;
    }

    /// <summary>From a boot loader entry, of which GRUB makes an entry of its menu at boot (blscfg): its paths are GRUB's.</summary>
    /// <param name="entry">Its text.</param>
    /// <returns>As <see cref="FromMenu"/>.</returns>
    public static (string Body, bool IsUnrestricted)? FromLoaderEntry(RunningCommandLine line, string entry)
    {
        ArgumentNullException.ThrowIfNull(line);
        if (!LoaderEntryLines.Values(entry, "linux").Any(k => string.Equals(RunningCommandLine.WithoutDevice(k), line.Image, StringComparison.Ordinal)))
        {
            return null;
        }

        // $tuned_initrd and its like are GRUB's variables there as here.
        var initrd = string.Concat(LoaderEntryLines.Values(entry, "initrd").Select(static i => " " + i));
        var isUnrestricted = LoaderEntryLines.Values(entry, "grub_users").All(static u => u is "$grub_users");
        return ($"\t{WithArguments("linux " + line.Image, line)}{(initrd.Length == 0 ? string.Empty : "\n\tinitrd" + initrd)}", isUnrestricted);
    }

    /// <summary>The command with the running arguments in place of its own.</summary>
    /// <exception cref="InvalidDataException">It goes on in the next line.</exception>
    public static string WithArguments(string text, RunningCommandLine line)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(line);
        if (text.EndsWith('\\'))
        {
            throw new InvalidDataException($"the line of grub.cfg that starts {line.Image} goes on in the next one");
        }

        var words = text.Split([' ', '\t'], 3, StringSplitOptions.RemoveEmptyEntries);
        var rewritten = new StringBuilder(words[0]).Append(' ').Append(words[1]);
        foreach (var argument in line.Arguments)
        {
            rewritten.Append(" '").Append(argument.Replace("'", "'\\''", StringComparison.Ordinal)).Append('\'');
        }

        return rewritten.ToString();
    }

    private static bool StartsKernel(string text, string image)
    {
        var words = text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return words is ["linux" or "linux16" or "linuxefi", var path, ..]
            && string.Equals(RunningCommandLine.WithoutDevice(path.Trim('"', '\'')), image, StringComparison.Ordinal);
    }
}
