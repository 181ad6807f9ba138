using GuestTune.Agent.BootLoader;
using GuestTune.Agent.Haltpoll;
using GuestTune.Agent.Kernel;
using GuestTune.Agent.PvQspinlock;
using GuestTune.Agent.SealedDisks;
using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Tests.PvQspinlock;

/// <summary>What a real AArch64 kernel that knows neither argument left behind, and what the practices make of that.</summary>
public sealed class RecordedAarch64Tests
{
    private readonly RootedFileSystem _files = new(Path.Combine(AppContext.BaseDirectory, "Trees", "debian-aarch64"));

    [Fact]
    public void Observe_ArgumentThatTheKernelDoesNotKnow_IsConfiguredAndNotEffective()
    {
        var observation = Practice<PvQspinlockPractice>().Observe([]);

        Assert.Equal(Verdict.Configured, observation.Verdict);
        Assert.StartsWith(
            "not effective: the kernel does not know arm_pvspin; it said 'Unknown kernel command line parameters \"arm_pvspin\", will be passed to user space.'",
            observation.Reason,
            StringComparison.Ordinal);
        Assert.Contains("/boot/config-6.1.0-50-cloud-arm64 says CONFIG_PARAVIRT_SPINLOCKS=n", observation.Reason, StringComparison.Ordinal);
        Assert.Contains(observation.Facts, f => f is { Name: "enabled", Value: "N", Source: "/dev/kmsg", Scope: Scope.InForce });
    }

    [Fact]
    public void Observe_KernelWithoutTheHaltpollGovernor_IsNotApplicableWhateverIsOnItsCommandLine()
    {
        var observation = Practice<HaltpollPractice>().Observe([]);

        Assert.Equal(Verdict.NotApplicable, observation.Verdict);
        Assert.Contains(new Fact("haltpoll.enable", Scope.Context, "Y", "/proc/cmdline"), observation.Facts);
    }

    private IPractice Practice<T>()
    {
        var kernel = new KernelIdentity(_files);
        var boot = new BootArguments(_files, new FakeCommands(), "/var/lib/guesttune");
        var log = new KernelLog(_files, new FakeCommands());
        var sealedDisks = new SealedDiskGuard(new SealedDiskFinder(_files));
        return typeof(T) == typeof(PvQspinlockPractice)
            ? new PvQspinlockPractice(_files, kernel, boot, log, sealedDisks)
            : new HaltpollPractice(_files, kernel, null, boot, log, sealedDisks);
    }
}
