using GuestTune.MeasuredBoot.Grub;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.BootLoader;

/// <summary>Works out from grub.cfg and the environment block what GRUB will start.</summary>
internal static class GrubMenuReader
{
    /// <summary>With the kernel's path, in front of all else (grub-core/loader/linux.c, LINUX_IMAGE).</summary>
    public const string Mark = "BOOT_IMAGE";

    public static NextBoot Read(RootedFileSystem files, string path)
    {
        try
        {
            return GrubConfiguration.Load(files, path) is { } configuration
                ? Read(configuration, GrubEnvironment.Parse(files.Read(configuration.EnvironmentPath)))
                : NextBoot.Unknown($"{path} is missing");
        }
        catch (IOException e)
        {
            return NextBoot.Unknown(e.Message);
        }
    }

    public static NextBoot Read(GrubConfiguration configuration, IReadOnlyDictionary<string, string> environment)
    {
        var menu = configuration.Menu;
        var (default_, once) = Names(menu, environment);
        var entries = new Dictionary<GrubMenuEntry, BootEntry>();
        foreach (var entry in menu.Entries)
        {
            if (entry.Linux is not null)
            {
                entries.Add(entry, ToEntry(configuration.Path, entry, name => menu.Variable(name) ?? environment.GetValueOrDefault(name)));
            }
        }

        var chosen = menu.Find(default_);
        return chosen is not null && entries.TryGetValue(chosen, out var found)
            ? new NextBoot(found, once is not null && menu.Find(once) is { } next ? entries.GetValueOrDefault(next) : null, [.. entries.Values], null)
            : NextBoot.Unknown($"{configuration.Path}: the default entry '{default_}'{(chosen is null ? string.Empty : $" ({chosen.Title})")} starts no Linux kernel");
    }

    /// <summary>What names the default entry, and the one for the next boot only.</summary>
    public static (string Default, string? Once) Names(GrubMenu menu, IReadOnlyDictionary<string, string> environment)
    {
        var name = GrubScript.Expand(menu.Default, variable => environment.GetValueOrDefault(variable) ?? menu.Variable(variable));
        var once = menu.MindsNextEntry ? environment.GetValueOrDefault("next_entry") : null;
        return (name.Length == 0 ? "0" : name, string.IsNullOrEmpty(once) ? null : once);
    }

    private static BootEntry ToEntry(string path, GrubMenuEntry entry, Func<string, string?> variable)
    {
        var words = entry.Linux!;
        var arguments = new List<string>(words.Count);
        foreach (var word in words[2..])
        {
            var text = GrubScript.Expand(word.Text, variable);
            if (text.Length > 0)
            {
                // As GRUB hands it on (grub-core/lib/cmdline.c).
                arguments.Add(text.Contains(' ', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? $"\"{text}\"" : text);
            }
        }

        var line = string.Join(' ', arguments);
        return new BootEntry(entry.Id ?? entry.Title, entry.Title, path, GrubScript.Expand(words[1].Text, variable), line, RecoveryEntry.Is(entry.Id, entry.Title, line));
    }
}
