using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.BootLoader;

/// <summary>GRUB with a grub.cfg that grub-mkconfig writes (update-grub, grub2-mkconfig).</summary>
internal sealed class GeneratedGrub(RootedFileSystem files, ICommandRunner commands, string generator, IGrubSource source, string configuration) : IBootLoader
{
    /// <summary>It looks at every kernel and disk: half a minute in an emulated guest, more with os-prober.</summary>
    private static readonly TimeSpan GeneratorTime = TimeSpan.FromMinutes(5);

    private readonly string _generated = configuration + ".guesttune";

    public string Description => $"GRUB: {generator} makes {configuration} from {source.Path}";

    public string Configuration => source.Path;

    public IReadOnlyList<string> Warnings => [];

    public string? WhyNotWritable => commands.WhyNotAvailable is { } reason ? $"{generator} cannot be run: {reason}" : null;

    public IReadOnlyList<string> GeneratedFiles => [_generated, _generated + ".new"];

    public NextBoot ReadNextBoot() => GrubMenuReader.Read(files, configuration);

    public IReadOnlyList<KernelArgument> ReadOwn() => source.ReadOwn();

    public IReadOnlyList<BootEdit> Edit(IReadOnlyList<KernelArgument> own) => source.Edit(own);

    public void Install(BootTransaction transaction, IReadOnlyList<KernelArgument> former, IReadOnlyList<KernelArgument> own)
    {
        // Into a file of its own: grub-mkconfig copies its result over the old one in place, where a power cut leaves half a file.
        var command = new Command(generator, "-o", _generated) { TimeLimit = GeneratorTime };
        var result = commands.Run(command);
        if (!result.Succeeded)
        {
            throw new IOException(result.Describe(command));
        }

        var current = files.ReadRequired(configuration);
        var generated = files.Read(_generated) ?? throw new IOException($"{command} ended well, but wrote no {_generated}");
        transaction.Write(configuration, LosesArguments(current, generated, former) ? GrubLines.Exchange(current, configuration, former, own) : generated);
        AtomicFile.Remove(files, _generated);
    }

    /// <summary>
    /// Whether generating anew would take arguments from entries that somebody has added to grub.cfg by hand, or with a tool that edits it.
    /// They are not ours to remove; the entries are edited in place then.
    /// </summary>
    private bool LosesArguments(string current, string generated, IReadOnlyList<KernelArgument> former)
    {
        var before = Read(current);
        var after = Read(generated);
        return before.Problem is null && after.Problem is null && ForeignArguments.WhichAreLost(before, after, former).Count > 0;
    }

    private NextBoot Read(string text)
        => GrubMenuReader.Read(new GrubConfiguration(configuration, text, GrubMenu.Parse(text, configuration)), new Dictionary<string, string>(StringComparer.Ordinal));
}
