using GuestTune.MeasuredBoot.Grub;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.BootLoader;

/// <summary>
/// GRUB of RHEL, Fedora and their kin, whose menu is the files of /boot/loader/entries (blscfg). All places are edited from which an
/// entry, or one that a later kernel brings, takes its line: the entries, <c>kernelopts</c> in the environment block,
/// /etc/kernel/cmdline, /etc/default/grub.
/// </summary>
/// <remarks>
/// Not through grubby: it takes all arguments of a key away when one is set, others' included, older ones match names by their
/// beginning, and it writes in place.
/// </remarks>
internal sealed class GrubLoaderEntries(RootedFileSystem files, OwnArguments record, string configuration) : IBootLoader
{
    public const string Directory = "/boot/loader/entries";

    private const string KernelOptions = "kernelopts";

    private readonly string _environment = Path.GetDirectoryName(configuration) + "/grubenv";

    public string Description => $"GRUB with boot loader entries ({Directory})";

    public string Configuration => Directory;

    public IReadOnlyList<string> Warnings => [];

    public string? WhyNotWritable => null;

    public string? Mark => GrubMenuReader.Mark;

    public IReadOnlyList<string> GeneratedFiles => [];

    public IReadOnlyList<KernelArgument> ReadOwn() => record.Read();

    public NextBoot ReadNextBoot()
    {
        try
        {
            var menu = (GrubConfiguration.Load(files, configuration) ?? throw new IOException($"{configuration} is missing")).Menu;
            var environment = GrubEnvironment.Parse(files.Read(_environment));
            var entries = ReadEntries(name => environment.GetValueOrDefault(name) ?? menu.Variable(name));
            var (name, once) = GrubMenuReader.Names(menu, environment);
            return Find(entries, name) is { } found ? new NextBoot(found, once is null ? null : Find(entries, once), entries, null)
                : NextBoot.Unknown($"{Directory} has no entry for a Linux kernel");
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
        var usesEnvironment = false;
        foreach (var entry in LoaderEntry.ReadAll(files, Directory))
        {
            if (entry.Kernel is null || !next.TakesArguments(entry.Id))
            {
                continue;
            }

            if (UsesEnvironment(entry))
            {
                usesEnvironment = true;
            }
            else
            {
                edits.Add(new BootEdit(entry.Path, entry.Text, entry.Exchange(former, own)));
            }
        }

        if (usesEnvironment)
        {
            var text = files.ReadRequired(_environment);
            var options = GrubEnvironment.Parse(text).GetValueOrDefault(KernelOptions)
                ?? throw new IOException($"entries of {Directory} say ${KernelOptions}, but {_environment} has none");
            edits.Add(new BootEdit(_environment, text, GrubEnvironment.Set(text, _environment, KernelOptions, ArgumentLine.Exchange(options, former, own))));
        }

        edits.AddRange(KernelInstallLine.Edit(files, former, own));
        if (files.Read(GrubDefaults.DefaultPath) is { } defaults)
        {
            edits.Add(new BootEdit(GrubDefaults.DefaultPath, defaults, GrubDefaults.Exchange(defaults, GrubDefaults.DefaultPath, former, own)));
        }

        return edits;
    }

    public void Install(BootTransaction transaction, IReadOnlyList<KernelArgument> former, IReadOnlyList<KernelArgument> own)
    {
        // What was edited is what the boot loader reads.
    }

    private static bool UsesEnvironment(LoaderEntry entry)
        => ArgumentLine.Parse(entry.Options).Exists(static t => t.Argument.Text is "$" + KernelOptions or "${" + KernelOptions + "}");

    /// <summary>In the order of the menu: the newest version first (grub-core/commands/blscfg.c).</summary>
    private List<BootEntry> ReadEntries(Func<string, string?> variable)
        => [.. LoaderEntry.ReadAll(files, Directory).Where(static e => e.Kernel is not null).OrderByDescending(static e => e.Id, VersionOrder.Instance)
            .Select(e => e.ToBootEntry(GrubScript.Expand(e.Options, variable).Trim()))];

    /// <summary>By id, title or number; the first one where nothing is called so.</summary>
    private static BootEntry? Find(List<BootEntry> entries, string name)
        => entries.Find(e => string.Equals(e.Id, name, StringComparison.Ordinal) || string.Equals(e.Title, name, StringComparison.Ordinal))
            ?? (int.TryParse(name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) && number < entries.Count ? entries[number] : entries.FirstOrDefault());
}
