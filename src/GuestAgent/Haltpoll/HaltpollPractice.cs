using GuestTune.Agent.BootLoader;
using GuestTune.Agent.Kernel;
using GuestTune.Agent.SealedDisks;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Tmpfiles;

namespace GuestTune.Agent.Haltpoll;

/// <summary>Guest idle polling: the haltpoll driver, and the parameters of its governor, now and after a reboot.</summary>
internal sealed class HaltpollPractice(
    RootedFileSystem files, KernelIdentity kernel, HypervisorSignature? hypervisor, IBootArguments boot, IKernelLog log, SealedDiskGuard sealedDisks) : IPractice
{
    public const string PracticeId = "guest-idle-haltpoll";
    public const string Configuration = "/etc/tmpfiles.d/guesttune-haltpoll.conf";
    public const string ModuleDirectory = "/sys/module/haltpoll";

    private readonly HaltpollDriver _driver = new(files, kernel, hypervisor);
    private readonly HaltpollPersistence _persistence = new(files, boot, sealedDisks);

    public string Id => PracticeId;

    public PracticeSupport CheckSupport() => files.DirectoryExists(ModuleDirectory)
        ? new PracticeSupport(Id, true, null)
        : new PracticeSupport(Id, false, $"kernel {kernel.Release} has no haltpoll governor ({ModuleDirectory} is missing)");

    public Observation Observe(IReadOnlyList<OwnedValue> owned) => new HaltpollObserver(files, kernel, _driver, boot, log).Observe(CheckSupport(), owned);

    public Plan Plan(Desired desired)
    {
        ArgumentNullException.ThrowIfNull(desired);
        return NewPlanner().Plan(CheckSupport(), desired);
    }

    public IReadOnlyList<Change> PlanChanges(Desired desired)
    {
        ArgumentNullException.ThrowIfNull(desired);
        return NewPlanner().PlanChanges(CheckSupport(), desired);
    }

    public IReadOnlyList<string> CheckHarm(IReadOnlyList<Change> changes, bool force) => sealedDisks.Check(changes, force);

    public IKnob OpenKnob(Change change)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (ArgumentAcrossBoots.KeyOf(change.Item) is { } key && IsKnown(key))
        {
            return boot.OpenKnob(key);
        }

        foreach (var parameter in HaltpollParameter.All)
        {
            if (string.Equals(change.Item, parameter.Name, StringComparison.Ordinal))
            {
                return ParameterKnob(files, parameter);
            }

            if (string.Equals(change.Item, parameter.PersistentItem, StringComparison.Ordinal))
            {
                return PersistentKnob(files, parameter);
            }
        }

        throw PracticeException.Precondition($"'{change.Item}' is nothing that practice '{Id}' of this version knows");
    }

    internal static SysfsKnob ParameterKnob(RootedFileSystem files, HaltpollParameter parameter) => new(files, parameter.Path, parameter.Kind);

    internal static TmpfilesKnob PersistentKnob(RootedFileSystem files, HaltpollParameter parameter)
        => new(files, Configuration, parameter.Path, parameter.Kind);

    private static bool IsKnown(string key)
        => key is HaltpollForce.Argument or HaltpollForce.EnableArgument || HaltpollParameter.All.Any(p => string.Equals(p.BootArgument, key, StringComparison.Ordinal));

    private HaltpollPlanner NewPlanner() => new(files, kernel, _driver, boot, _persistence);
}
