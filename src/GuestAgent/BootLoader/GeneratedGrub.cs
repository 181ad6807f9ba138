using GuestTune.MeasuredBoot.Grub;
using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.BootLoader;

/// <summary>GRUB with a grub.cfg that grub-mkconfig writes (update-grub, grub2-mkconfig).</summary>
internal sealed class GeneratedGrub(RootedFileSystem files, ICommandRunner commands, string generator, IGrubSource source, string configuration) : IBootLoader
{
    /// <summary>It looks at every kernel and disk: half a minute in an emulated guest, more with os-prober.</summary>
    private static readonly TimeSpan GeneratorTime = TimeSpan.FromMinutes(5);

    private const int MaximumAttempts = 3;

    private readonly string _generated = configuration + ".guesttune";

    public string Description => $"GRUB: {generator} makes {configuration} from {source.Path}";

    public string Configuration => source.Path;

    public IReadOnlyList<string> Warnings => [];

    public string? WhyNotWritable => commands.WhyNotAvailable is { } reason ? $"{generator} cannot be run: {reason}" : null;

    public string? Mark => GrubMenuReader.Mark;

    public IReadOnlyList<string> GeneratedFiles => [_generated, _generated + ".new"];

    public NextBoot ReadNextBoot() => GrubMenuReader.Read(files, configuration);

    public IReadOnlyList<KernelArgument> ReadOwn() => source.ReadOwn();

    public IReadOnlyList<BootEdit> Edit(IReadOnlyList<KernelArgument> own) => source.Edit(own);

    public void Install(BootTransaction transaction, IReadOnlyList<KernelArgument> former, IReadOnlyList<KernelArgument> own)
    {
        var (current, generated) = Generate();
        transaction.Write(configuration, LosesSomething(current, generated, former) ? GrubLines.Exchange(current, configuration, former, own) : generated);
        AtomicFile.Remove(files, _generated);
    }

    /// <summary>Into a file of its own: grub-mkconfig copies its result over the old one in place, where a power cut leaves half a file.</summary>
    /// <returns>The menu as it is, and as it would be.</returns>
    /// <exception cref="IOException">The program failed.</exception>
    private (string Current, string Generated) Generate()
    {
        var command = new Command(generator, "-o", _generated) { TimeLimit = GeneratorTime };
        for (var attempt = 1; attempt <= MaximumAttempts; attempt++)
        {
            var before = files.ReadRequired(configuration);
            var result = commands.Run(command);
            if (!result.Succeeded)
            {
                throw new IOException(result.Describe(command));
            }

            if (string.Equals(before, files.ReadRequired(configuration), StringComparison.Ordinal))
            {
                return (before, files.Read(_generated) ?? throw new IOException($"{command} ended well, but wrote no {_generated}"));
            }

            // The installation of a kernel, for one, generates it, too: ours may be from before that kernel.
        }

        throw new IOException($"{configuration} is being written by something else; try again when that has ended");
    }

    /// <summary>
    /// Whether generating anew would take arguments from entries that somebody has added to grub.cfg by hand, or with a tool that edits it;
    /// or the entry that is chosen as the default by its title, which depends on the language; or what finds the disk, or an entry of another
    /// system, where the program sees less of the disks in the agent's sandbox than an administrator does. The entries are edited in place then.
    /// </summary>
    /// <exception cref="IOException">What was generated would not do.</exception>
    private bool LosesSomething(string current, string generated, IReadOnlyList<KernelArgument> former)
    {
        var environment = GrubEnvironment.Parse(files.Read(Path.GetDirectoryName(configuration) + "/grubenv"));
        var before = new GrubConfiguration(configuration, current, GrubMenu.Parse(current, configuration));
        var after = new GrubConfiguration(configuration, generated, GrubMenu.Parse(generated, configuration));
        var next = GrubMenuReader.Read(after, environment);
        if (next.Problem is { } problem)
        {
            throw new IOException($"{generator} made a menu that would not do: {problem}");
        }

        var name = GrubMenuReader.Names(before.Menu, environment).Default;
        return (before.Menu.FindNamed(name) is not null && after.Menu.FindNamed(name) is null)
            || before.Menu.MissingFrom(after.Menu).Any()
            || ForeignArguments.WhichAreLost(GrubMenuReader.Read(before, environment), next, former).Count > 0;
    }
}
