using GuestTune.Agent.Kernel;
using GuestTune.Agent.PvQspinlock;
using GuestTune.Agent.SealedDisks;
using GuestTune.Agent.Tests.BootLoader;
using GuestTune.Agent.Tests.Kernel;
using GuestTune.Agent.Tests.SealedDisks;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Journaling;

namespace GuestTune.Agent.Tests.PvQspinlock;

public sealed class PvQspinlockPracticeTests : IDisposable
{
    private const string Enabled = "arm-pv: PV qspinlocks enabled";
    private const string Unknown = "Unknown kernel command line parameters \"arm_pvspin\", will be passed to user space.";

    private readonly GuestTree _tree = GuestTree.WithoutHaltpoll();
    private FakeBootArguments _boot = new();

    public PvQspinlockPracticeTests() => _tree.Write("/proc/sys/kernel/arch", "aarch64\n");

    [Fact]
    public void Observe_OtherArchitecture_IsNotApplicable()
    {
        _tree.Write("/proc/sys/kernel/arch", "x86_64\n");
        _tree.Write("/proc/cmdline", "arm_pvspin\n");

        var observation = Practice(Enabled).Observe([]);

        Assert.Equal(Verdict.NotApplicable, observation.Verdict);
        Assert.Contains("AArch64 kernels, and this guest is x86_64", observation.Reason, StringComparison.Ordinal);
        Assert.False(Practice().CheckSupport().Supported);
        Assert.Throws<PracticeException>(() => Practice().Plan(Desire("Y")));
    }

    public static TheoryData<string, string?, string, Verdict, string> Verdicts => new()
    {
        { "arm_pvspin", "", Enabled, Verdict.Effective, $"the kernel said '{Enabled}'" },
        { "quiet", null, "x", Verdict.Absent, "is not on the kernel command line" },
        { "quiet", "", "x", Verdict.Pending, "arm_pvspin will be on the kernel command line (/boot/grub/grub.cfg)" },
        { "arm_pvspin", null, Enabled, Verdict.Pending, "is on the kernel command line now and will not be" },
        { "arm_pvspin", "", Unknown, Verdict.Configured, $"not effective: the kernel does not know arm_pvspin; it said '{Unknown}'" },
        { "arm_pvspin", "", "arm-pv: PV qspinlocks disabled", Verdict.Configured, "as it does with one vCPU" },
        { "arm_pvspin", "", "arm-pv: PV sched is not available", Verdict.Configured, "the host does not offer it" },
        { "arm_pvspin", "", "arm-pv: PV sched init failed", Verdict.Configured, "PV sched init failed" },
        { "arm_pvspin", "", "x", Verdict.Configured, "the kernel said nothing of it" },
        { "arm_pvspin", "", "kvm: PV qspinlocks enabled", Verdict.Configured, "the kernel said nothing of it" },
        { "arm_pvspin", "", $"boot test: '{Enabled}'", Verdict.Configured, "the kernel said nothing of it" },
        { "arm_pvspin=off", "off", Enabled, Verdict.Effective, "the kernel said" },
    };

    [Theory]
    [MemberData(nameof(Verdicts))]
    public void Observe_OnAArch64_IsJudgedByTheKernelsWords(string now, string? next, string said, Verdict verdict, string reason)
    {
        _tree.Write("/proc/cmdline", now + "\n");
        _boot = next is null ? _boot : _boot.WithOwn("arm_pvspin", next.Length == 0 ? null : next);

        var observation = Practice(said).Observe([]);

        Assert.Equal(verdict, observation.Verdict);
        Assert.Contains(reason, observation.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Observe_LogHasLostItsBeginning_SaysThatItCannotTell()
    {
        _tree.Write("/proc/cmdline", "arm_pvspin\n");

        var observation = Practice(new FakeKernelLog("late") { IsWhole = false }, _boot.WithOwn("arm_pvspin")).Observe([]);

        Assert.Equal(Verdict.Configured, observation.Verdict);
        Assert.Contains("the kernel's log has lost its beginning", observation.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Observe_Evidence_NamesWhereItWasRead()
    {
        _tree.Write("/proc/cmdline", "arm_pvspin\n");
        _tree.Write($"/boot/config-{GuestTree.Release}", "CONFIG_PARAVIRT_SPINLOCKS=y\n");
        _boot.WithOwn("arm_pvspin");

        Assert.Equal(
            [
                new Fact("arm_pvspin", Scope.Context, "Y", "/proc/cmdline"),
                new Fact("arm_pvspin", Scope.Persistent, "Y", "/boot/grub/grub.cfg"),
                new Fact("CONFIG_PARAVIRT_SPINLOCKS", Scope.Context, "y", $"/boot/config-{GuestTree.Release}"),
                new Fact("enabled", Scope.InForce, "Y", "/dev/kmsg"),
                new Fact("kernel log", Scope.Context, Enabled, "/dev/kmsg"),
            ],
            Practice(Enabled).Observe([]).Facts);
    }

    [Theory]
    [InlineData("arm_pvspin", null, "was put on the kernel command line by operation op-1 and is gone now")]
    [InlineData(null, "", "was taken off the kernel command line by operation op-1 and is there again")]
    public void Observe_OwnArgumentChanged_IsDrifted(string? owned, string? next, string expected)
    {
        _boot = next is null ? _boot : _boot.WithOther("arm_pvspin");

        var observation = Practice().Observe([new OwnedValue("boot:arm_pvspin", owned is null ? null : "", "op-1", false)]);

        Assert.Equal(Verdict.Drifted, observation.Verdict);
        Assert.Contains(expected, observation.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ApplyAndUndo_AddAndTakeAwayTheArgument()
    {
        using var engine = new OperationEngine([Practice()], () => Journal.Open(new JournalOptions { Directory = _tree.File("/var/lib/guesttune") }), () => "boot");
        _boot.WithOther("quiet");

        var applied = await engine.ApplyAsync("op-1", Desire("true"));
        var again = await engine.ApplyAsync("op-2", Desire("Y"));
        var line = _boot.Line;
        var undone = await engine.UndoAsync("undo-1", null, false);

        Assert.Equal("quiet arm_pvspin", line);
        Assert.Equal((Verdict.Pending, OperationState.Unchanged, Verdict.Absent), (applied.Observation.Verdict, again.Operation.State, undone.Observation.Verdict));
        Assert.Equal("quiet", _boot.Line);
    }

    [Fact]
    public void Plan_KernelWithoutTheOption_IsRefused()
    {
        _tree.Write($"/boot/config-{GuestTree.Release}", "CONFIG_PARAVIRT=y\n# CONFIG_PARAVIRT_SPINLOCKS is not set\nCONFIG_PARAVIRT_SPINLOCKS_X=y\n");

        var e = Assert.Throws<PracticeException>(() => Practice().Plan(Desire("Y")));

        Assert.Contains($"/boot/config-{GuestTree.Release} says CONFIG_PARAVIRT_SPINLOCKS=n", e.Message, StringComparison.Ordinal);
        Assert.Equal(Verdict.NotApplicable, Practice().Observe([]).Verdict);

        // It is there nevertheless: then the kernel's words count.
        _tree.Write("/proc/cmdline", "arm_pvspin\n");
        _boot.WithOther("arm_pvspin");
        Assert.Equal(Verdict.Configured, Practice(Unknown).Observe([]).Verdict);
    }

    [Fact]
    public void Plan_Enabled_WarnsOfWhatWillKeepItFromWorking()
    {
        _boot.Release = "5.10.0-next";
        _boot.WithOther("cpuidle_haltpoll.force", "Y");
        _tree.Write("/lib/modules/5.10.0-next/config", "CONFIG_PARAVIRT=y\n");
        _tree.Write("/sys/devices/system/cpu/possible", "0\n");

        var warnings = Practice().Plan(Desire("Y")).Warnings;

        Assert.Contains(warnings, w => w.Contains("the kernel that boots next, 5.10.0-next, will not know arm_pvspin", StringComparison.Ordinal));
        Assert.Contains(warnings, w => w.Contains("one vCPU", StringComparison.Ordinal));
        Assert.Contains(warnings, w => w.Contains("guest haltpoll is forced on as well", StringComparison.Ordinal));
    }

    [Fact]
    public void Plan_SomebodyElsesArgument_IsLeft()
    {
        _boot.WithOther("arm_pvspin");

        Assert.Empty(Practice().Plan(Desire("Y")).Changes);
        Assert.Contains("was not added by GuestTune", Assert.Throws<PracticeException>(() => Practice().Plan(Desire("N"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("enabled", "perhaps", "enabled = 'perhaps': it is neither yes nor no")]
    [InlineData("arm_pvspin", "Y", "no setting 'arm_pvspin'; known: enabled; no setting was given")]
    public void Plan_WrongSettings_AreNamed(string name, string value, string expected)
    {
        var desired = new Desired(PvQspinlockPractice.PracticeId, new Dictionary<string, string>(StringComparer.Ordinal) { [name] = value }, false);

        var e = Assert.Throws<PracticeException>(() => Practice().Plan(desired));

        Assert.Equal(PracticeError.InvalidArgument, e.Error);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CheckHarm_SealedDisk_IsRefused()
    {
        _tree.Write("/sys/class/block/vda3/size", "40960\n");
        _tree.Write("/dev/vda3", LuksImage.FromCryptsetup());
        var practice = Practice();

        Assert.Throws<PracticeException>(() => practice.CheckHarm(practice.Plan(Desire("Y")).Changes, force: false));
    }

    public void Dispose() => _tree.Dispose();

    private PvQspinlockPractice Practice(params string[] messages) => Practice(new FakeKernelLog(messages), _boot);

    private PvQspinlockPractice Practice(FakeKernelLog log, FakeBootArguments boot)
    {
        var files = new RootedFileSystem(_tree.Path);
        return new PvQspinlockPractice(files, new KernelIdentity(files), boot, log, new SealedDiskGuard(new SealedDiskFinder(files)));
    }

    private static Desired Desire(string enabled)
        => new(PvQspinlockPractice.PracticeId, new Dictionary<string, string>(StringComparer.Ordinal) { ["enabled"] = enabled }, false);
}
