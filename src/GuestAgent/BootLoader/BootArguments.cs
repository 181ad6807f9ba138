using GuestTune.Agent.Kernel;
using GuestTune.Practices;
using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.BootLoader;

/// <summary>The kernel command line of the next boots, for practices that need arguments on it, whatever boot loader this guest has.</summary>
internal sealed class BootArguments : IBootArguments
{
    /// <summary>Before the key, in the item of a change.</summary>
    public const string ItemPrefix = "boot:";

    private readonly RootedFileSystem _files;
    private readonly string _stateDirectory;
    private readonly BootLoaderDetector _detector;

    public BootArguments(RootedFileSystem files, ICommandRunner commands, string stateDirectory)
    {
        _files = files;
        _stateDirectory = stateDirectory;
        _detector = new BootLoaderDetector(files, commands, new OwnArguments(files, stateDirectory));
        Writer = new BootArgumentsWriter(this, files, stateDirectory);
    }

    /// <summary>Of all knobs, so that arguments that change together cost one run of a generator.</summary>
    internal IKnobWriter Writer { get; }

    public BootArgumentsSupport CheckSupport()
    {
        var (loader, found, reason) = _detector.Detect();
        reason ??= loader!.WhyNotWritable ?? WhyPending();
        return new BootArgumentsSupport(reason is null, found, reason, loader is null ? [] : [.. loader.Warnings, .. WhyPerhapsNotUsed(loader)]);
    }

    public NextBoot ReadNextBoot()
    {
        var (loader, _, reason) = _detector.Detect();
        return loader?.ReadNextBoot() ?? NextBoot.Unknown(reason!);
    }

    /// <summary>The last value of the key on the default entry's line: empty for a key alone, null where it is absent.</summary>
    public IKnob OpenKnob(string key) => new BootArgumentKnob(this, key);

    /// <summary>Whether GuestTune put an argument of this key there.</summary>
    public bool IsOurs(string key)
    {
        try
        {
            return _detector.Detect().Loader?.ReadOwn().Any(a => KernelArgument.IsSameKey(a.Key, key)) is true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <param name="value">Empty: the key alone; null: no argument of this key.</param>
    /// <returns>Null where it is so already.</returns>
    /// <exception cref="PracticeException">It cannot be had on this guest.</exception>
    public Change? PlanChange(string key, string? value)
    {
        if (value is not null && KernelArgument.WhyNotAllowed(key, value) is { } problem)
        {
            throw PracticeException.Invalid(problem);
        }

        return Plan(key, (_, _) => value);
    }

    /// <summary>Takes our own argument away; one of somebody else's before it counts again.</summary>
    /// <returns>Null where there is none of this key.</returns>
    /// <exception cref="PracticeException">Only somebody else's is there, or it cannot be changed on this guest.</exception>
    public Change? PlanRemoval(string key)
        => Plan(key, (own, entry) => OwnArgumentChange.Contains(own, key) ? OwnArgumentChange.ValueWithout(own, entry, key) : null);

    /// <summary>A disk may have a boot loader that is never started: the host can start a kernel itself.</summary>
    private IEnumerable<string> WhyPerhapsNotUsed(IBootLoader loader)
    {
        if (loader.Mark is { } mark && _files.ReadText(KernelCommandLine.Source).Value is { Length: > 0 } running && ArgumentLine.Find(running, mark) is null)
        {
            yield return $"the running kernel was not started by this boot loader ({mark}= is missing in {KernelCommandLine.Source}): if the host starts it, arguments belong into <cmdline> of the domain's XML, and what is set here has no effect";
        }
    }

    private Change? Plan(string key, Func<IReadOnlyList<KernelArgument>, BootEntry, string?> decide)
    {
        if (CheckSupport() is { Supported: false } support)
        {
            throw PracticeException.Precondition(support.Reason!);
        }

        try
        {
            var loader = Require();
            var next = loader.ReadNextBoot();
            var entry = next.Default ?? throw new IOException(next.Problem);
            var own = loader.ReadOwn();
            var before = ArgumentLine.Find(entry.CommandLine, key);
            var after = decide(own, entry);
            if (string.Equals(before, after, StringComparison.Ordinal))
            {
                return null;
            }

            _ = OwnArgumentChange.Apply(own, entry, key, after);
            return new Change(ItemPrefix + key, loader.Configuration, before, after, TakesEffect.AfterGuestReboot);
        }
        catch (IOException e)
        {
            throw PracticeException.Precondition(e.Message);
        }
    }

    /// <returns>Null where the item is not one of a boot argument.</returns>
    public IKnob? OpenKnob(Change change)
        => change.Item.StartsWith(ItemPrefix, StringComparison.Ordinal) ? OpenKnob(change.Item[ItemPrefix.Length..]) : null;

    /// <summary>Puts back what a power cut left half changed.</summary>
    /// <returns>What was done, for the log.</returns>
    /// <exception cref="IOException">It could not be put back.</exception>
    public IReadOnlyList<PutBackFile> Recover() => BootTransaction.Recover(_files, _stateDirectory);

    /// <exception cref="IOException">There is none that can be configured.</exception>
    internal IBootLoader Require()
    {
        var (loader, _, reason) = _detector.Detect();
        return loader ?? throw new IOException(reason);
    }

    internal string? WhyPending() => BootTransaction.IsPending(_files, _stateDirectory)
        ? "the boot loader's files are being changed, or a change was cut off and could not be put back (see the agent's log)"
        : null;
}
