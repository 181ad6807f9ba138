using System.Text;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.BootLoader;

/// <summary>systemd-boot with entries of type #1 (BOOT/loader/entries/*.conf); /etc/kernel/cmdline is edited for kernels that come later.</summary>
/// <param name="partition">Where the partition with the entries is mounted.</param>
internal sealed class SystemdBoot(RootedFileSystem files, OwnArguments record, string partition) : IBootLoader
{
    public const string EfiVariables = "/sys/firmware/efi/efivars/";

    /// <summary>Of systemd's boot loader interface (systemd.io/BOOT_LOADER_INTERFACE).</summary>
    public const string VendorSuffix = "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

    private readonly string _entries = partition + "/loader/entries";
    private readonly string _configuration = partition + "/loader/loader.conf";

    public string Description => $"systemd-boot with boot loader entries ({_entries})";

    public string Configuration => _entries;

    public IReadOnlyList<string> Warnings => [];

    public string? WhyNotWritable => null;

    public string? Mark => null;

    public IReadOnlyList<string> GeneratedFiles => [];

    public IReadOnlyList<KernelArgument> ReadOwn() => record.Read();

    /// <returns>Null where there is no such variable.</returns>
    public static string? ReadVariable(RootedFileSystem files, string name)
    {
        // Four bytes of attributes, then UTF-16 with a zero at its end (efivarfs).
        const int AttributeBytes = 4;
        return files.ReadBytesAsLatin1(EfiVariables + name + VendorSuffix).Text is { Length: > AttributeBytes } text
            ? Encoding.Unicode.GetString(Encoding.Latin1.GetBytes(text[AttributeBytes..])).TrimEnd('\0')
            : null;
    }

    public NextBoot ReadNextBoot()
    {
        try
        {
            List<BootEntry> entries = [.. Sorted(LoaderEntry.ReadAll(files, _entries)).Select(static e => e.ToBootEntry(e.Options.Trim()))];
            var once = ReadVariable(files, "LoaderEntryOneShot");
            return FindDefault(entries) is { } found ? new NextBoot(found, once is null ? null : Match(entries, once), entries, null)
                : NextBoot.Unknown($"the default entry is none of the files of {_entries} (a unified kernel image, or another system)");
        }
        catch (IOException e)
        {
            return NextBoot.Unknown(e.Message);
        }
    }

    public IReadOnlyList<BootEdit> Edit(IReadOnlyList<KernelArgument> own)
    {
        var former = ReadOwn();
        var next = ReadNextBoot();
        var edits = new List<BootEdit> { record.Edit(own) };
        foreach (var entry in LoaderEntry.ReadAll(files, _entries))
        {
            if (next.TakesArguments(entry.Id))
            {
                edits.Add(new BootEdit(entry.Path, entry.Text, entry.Exchange(former, own)));
            }
        }

        edits.AddRange(KernelInstallLine.Edit(files, former, own));
        return edits;
    }

    public void Install(BootTransaction transaction, IReadOnlyList<KernelArgument> former, IReadOnlyList<KernelArgument> own)
    {
        // What was edited is what the boot loader reads.
    }

    /// <summary>As systemd-boot shows them: those with a sort-key first, by it; then the newest version first.</summary>
    private static IEnumerable<LoaderEntry> Sorted(IEnumerable<LoaderEntry> entries)
        => entries.Where(static e => e.Kernel is not null)
            .OrderBy(static e => e.Find("sort-key") is null).ThenBy(static e => e.Find("sort-key"), StringComparer.Ordinal)
            .ThenByDescending(static e => e.Find("version") ?? string.Empty, VersionOrder.Instance).ThenByDescending(static e => e.Id, VersionOrder.Instance);

    /// <summary>What was chosen to stay counts before loader.conf, and that before the order.</summary>
    private BootEntry? FindDefault(List<BootEntry> entries)
    {
        var name = ReadVariable(files, "LoaderEntryDefault") ?? ConfiguredDefault();
        return name is null ? entries.FirstOrDefault() : Match(entries, name) ?? (name.EndsWith(".efi", StringComparison.OrdinalIgnoreCase) ? null : entries.FirstOrDefault());
    }

    private string? ConfiguredDefault()
    {
        foreach (var line in (files.Read(_configuration) ?? string.Empty).Split('\n'))
        {
            if (line.Trim().Split((char[])[' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is ["default", var name])
            {
                return name is "@saved" ? ReadVariable(files, "LoaderEntryLastBooted") : name;
            }
        }

        return null;
    }

    /// <summary>A name of an entry's file, which may have <c>*</c> and <c>?</c>.</summary>
    private static BootEntry? Match(List<BootEntry> entries, string pattern)
        => entries.Find(e => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, e.Id + LoaderEntry.Suffix)
            || System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, e.Id));
}
