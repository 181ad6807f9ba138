using GuestTune.MeasuredBoot.Grub;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.BootLoader;

/// <summary>A boot entry in a file of its own: type #1 of the Boot Loader Specification, as GRUB's blscfg and systemd-boot read it.</summary>
/// <param name="Id">The name of its file without .conf, by which default entries are named.</param>
internal sealed record LoaderEntry(string Id, string Path, string Text)
{
    public const string Suffix = ".conf";

    /// <exception cref="IOException">One of them cannot be read.</exception>
    public static IReadOnlyList<LoaderEntry> ReadAll(RootedFileSystem files, string directory)
    {
        var entries = new List<LoaderEntry>();
        foreach (var name in files.ListNames(directory, Suffix))
        {
            var path = $"{directory}/{name}";
            if (files.Read(path) is { } text)
            {
                entries.Add(new LoaderEntry(name[..^Suffix.Length], path, text));
            }
        }

        return entries;
    }

    public string? Find(string key) => LoaderEntryLines.Find(Text, key) is [.., var (start, end)] ? Text[start..end] : null;

    public string Title => Find("title") ?? Id;

    /// <summary>Null: no entry for a Linux kernel.</summary>
    public string? Kernel => Find("linux");

    /// <summary>All lines of options together.</summary>
    public string Options => string.Join(' ', LoaderEntryLines.Find(Text, "options").Select(l => Text[l.Start..l.End]));

    /// <summary>Edits the last line of options; makes one where there is none.</summary>
    /// <exception cref="IOException">The line cannot be added to.</exception>
    public string Exchange(IReadOnlyList<KernelArgument> former, IReadOnlyList<KernelArgument> own)
    {
        if (LoaderEntryLines.Find(Text, "options") is [.., var (start, end)])
        {
            return string.Concat(Text.AsSpan(0, start), ArgumentLine.Exchange(Text[start..end], former, own), Text.AsSpan(end));
        }

        return own.Count == 0 ? Text : throw new IOException($"{Path} has no line of options");
    }

    public BootEntry ToBootEntry(string commandLine)
        => new(Id, Title, Path, Kernel ?? string.Empty, commandLine, RecoveryEntry.Is(Id, Title, commandLine));
}
