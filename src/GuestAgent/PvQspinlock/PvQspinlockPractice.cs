using GuestTune.Agent.BootLoader;
using GuestTune.Agent.Kernel;
using GuestTune.Agent.SealedDisks;
using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.PvQspinlock;

/// <summary>
/// Paravirtual spinlocks of openEuler's AArch64 kernels: a vCPU that waits for a lock halts, and the one that gives the lock
/// free wakes it (arch/arm64/kernel/paravirt.c there). Switched on by a kernel argument, and by nothing else.
/// </summary>
internal sealed class PvQspinlockPractice(
    RootedFileSystem files, KernelIdentity kernel, IBootArguments boot, IKernelLog log, SealedDiskGuard sealedDisks) : IPractice
{
    public const string PracticeId = "pv-qspinlock";

    /// <summary>An early_param that ignores its value: also <c>arm_pvspin=off</c> switches it on.</summary>
    public const string Argument = "arm_pvspin";
    public const string Option = "CONFIG_PARAVIRT_SPINLOCKS";

    private readonly KernelConfig _config = new(files);

    public string Id => PracticeId;

    public PracticeSupport CheckSupport()
    {
        var reason = WhyNotThisArchitecture() ?? WhyNotThisKernel(_config.Find(kernel.Release, Option, isRunning: true));
        return new PracticeSupport(Id, reason is null, reason);
    }

    public Observation Observe(IReadOnlyList<OwnedValue> owned)
        => new PvQspinlockObserver(files, log).Observe(
            WhyNotThisArchitecture(), _config.Find(kernel.Release, Option, isRunning: true), boot.ReadNextBoot(), owned);

    public Plan Plan(Desired desired)
    {
        ArgumentNullException.ThrowIfNull(desired);
        return new PvQspinlockPlanner(files, boot, _config).Plan(CheckSupport(), desired);
    }

    public IReadOnlyList<string> CheckHarm(IReadOnlyList<Change> changes, bool force) => sealedDisks.Check(changes, force);

    public IKnob OpenKnob(Change change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return ArgumentAcrossBoots.KeyOf(change.Item) is Argument
            ? boot.OpenKnob(Argument)
            : throw PracticeException.Precondition($"'{change.Item}' is nothing that practice '{Id}' of this version knows");
    }

    internal static string? WhyNotThisKernel(KernelOption option)
        => option.IsOff ? $"this kernel was built without paravirtual spinlocks ({option})" : null;

    private string? WhyNotThisArchitecture() => kernel.Architecture is "aarch64" ? null
        : $"{Argument} is an argument of AArch64 kernels, and this guest is {kernel.Architecture}"
            + (kernel.Architecture is "x86_64" ? ": there the kernel uses paravirtual spinlocks by itself where the host offers them" : string.Empty);
}
