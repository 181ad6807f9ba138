using System.Text;
using GuestTune.Agent.BootLoader;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Rebooting.BootTrials;

/// <summary>Writes the menu entry that starts the running kernel as it was started, from the entry that GRUB has for it.</summary>
internal static class GrubEntry
{
    private const string Entries = "/boot/loader/entries";

    /// <param name="configuration">The text of grub.cfg.</param>
    /// <returns>What stands between the entry's braces, and whether GRUB starts it without a password where it has one.</returns>
    /// <exception cref="InvalidDataException">GRUB has no entry for this kernel, or one that cannot be copied.</exception>
    public static (string Body, bool IsUnrestricted) BodyFor(RunningCommandLine line, string configuration, RootedFileSystem files) =>
        FromMenu(line, configuration) ?? FromLoaderEntries(line, files)
            ?? throw new InvalidDataException($"GRUB has no menu entry for the running kernel {line.Image}: it may have been removed");

    private static (string, bool)? FromMenu(RunningCommandLine line, string configuration)
    {
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

    /// <summary>Boot loader entries (the BLS): GRUB makes its menu from them at boot, and their paths are GRUB's.</summary>
    private static (string, bool)? FromLoaderEntries(RunningCommandLine line, RootedFileSystem files)
    {
        foreach (var entry in LoaderEntry.ReadAll(files, Entries))
        {
            if (!entry.FindAll("linux").Any(k => string.Equals(RunningCommandLine.WithoutDevice(k), line.Image, StringComparison.Ordinal)))
            {
                continue;
            }

            // $tuned_initrd and its like are GRUB's variables there as here.
            var initrd = string.Concat(entry.FindAll("initrd").Select(static i => " " + i));
            var isUnrestricted = entry.FindAll("grub_users").All(static u => u is "$grub_users");
            return ($"\t{WithArguments("linux " + line.Image, line)}{(initrd.Length == 0 ? string.Empty : "\n\tinitrd" + initrd)}", isUnrestricted);
        }

        return null;
    }

    private static bool StartsKernel(string text, string image)
    {
        var words = text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return words is ["linux" or "linux16" or "linuxefi", var path, ..]
            && string.Equals(RunningCommandLine.WithoutDevice(path.Trim('"', '\'')), image, StringComparison.Ordinal);
    }

    private static string WithArguments(string text, RunningCommandLine line)
    {
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
}
