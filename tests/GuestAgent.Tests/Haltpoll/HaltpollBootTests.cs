using GuestTune.Agent.Haltpoll;
using GuestTune.Agent.Kernel;
using GuestTune.Agent.SealedDisks;
using GuestTune.Agent.Tests.BootLoader;
using GuestTune.Agent.Tests.Kernel;
using GuestTune.Agent.Tests.SealedDisks;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Journaling;

namespace GuestTune.Agent.Tests.Haltpoll;

/// <summary>What of guest-idle-haltpoll is on the kernel command line: the switches, and parameters that persist.</summary>
public sealed class HaltpollBootTests : IDisposable
{
    private const string PollNs = "guest_halt_poll_ns";
    private const string Line = "w " + GuestTree.Parameters + PollNs + " - - - - 300000\n";

    private readonly GuestTree _tree = GuestTree.WithHaltpoll();

    [Theory]
    [InlineData("x86_64", "cpuidle_haltpoll.force=Y")]
    [InlineData("aarch64", "cpuidle_haltpoll.force=Y haltpoll.enable=Y")]
    public async Task Apply_Force_PutsTheSwitchesOfTheArchitectureThereInOneWrite(string architecture, string expected)
    {
        _tree.Write("/proc/sys/kernel/arch", architecture + "\n");
        var boot = new FakeBootArguments().WithOther("quiet");
        using var engine = Engine(boot);

        var answer = await engine.ApplyAsync("op-1", Desire(false, ("force", "true")));

        Assert.Equal("quiet " + expected, boot.Line);
        Assert.Equal(1, boot.WriteCount);
        Assert.All(answer.Operation.Outcomes, o => Assert.Equal(TakesEffect.AfterGuestReboot, o.Change.TakesEffect));
        Assert.Equal(Verdict.Pending, answer.Observation.Verdict);
        Assert.Contains("cpuidle_haltpoll.force will be on the kernel command line (/boot/grub/grub.cfg)", answer.Observation.Reason, StringComparison.Ordinal);

        var undone = await engine.UndoAsync("undo-1", null, false);

        Assert.Equal("quiet", boot.Line);
        Assert.Equal(Verdict.Configured, undone.Observation.Verdict);
    }

    [Theory]
    [InlineData("Y")]
    [InlineData("1")]
    [InlineData(null)]
    public void Plan_ForceIsThereAlready_ChangesNothing(string? value)
        => Assert.Empty(Practice(new FakeBootArguments().WithOther("cpuidle-haltpoll.force", value)).Plan(Desire(false, ("force", "Y"))).Changes);

    [Fact]
    public void Plan_ForceOff_TakesOursAwayAndOverrulesOthers()
    {
        var ours = Practice(new FakeBootArguments().WithOwn("cpuidle_haltpoll.force", "Y")).Plan(Desire(false, ("force", "N")));
        var others = Practice(new FakeBootArguments().WithOther("cpuidle_haltpoll.force", "Y")).Plan(Desire(false, ("force", "N")));
        var absent = Practice(new FakeBootArguments()).Plan(Desire(false, ("force", "N")));

        Assert.Null(Assert.Single(ours.Changes).After);
        Assert.Equal("N", Assert.Single(others.Changes).After);
        Assert.Empty(absent.Changes);
    }

    [Fact]
    public void Plan_ForceWithoutABootLoaderToEdit_IsRefusedWithTheReason()
    {
        var e = Assert.Throws<PracticeException>(() => Practice(FakeBootArguments.Missing).Plan(Desire(false, ("force", "Y"))));

        Assert.Equal(PracticeError.FailedPrecondition, e.Error);
        Assert.Contains("no boot loader that can be edited", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_ForceWhereItCannotHelp_WarnsWhatElseIsMissing()
    {
        var tcg = new HypervisorSignature("TCGTCGTCGTCG", false, false, false);

        var warnings = Practice(new FakeBootArguments(), hypervisor: tcg).Plan(Desire(false, ("force", "Y"))).Warnings;

        Assert.Contains(warnings, w => w.StartsWith("also after the next boot haltpoll would have no effect", StringComparison.Ordinal) && w.Contains("no KVM signature", StringComparison.Ordinal));
        Assert.DoesNotContain(warnings, w => w.Contains("force=Y is missing", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Plan_ForceBesideWhatIsInItsWay_WarnsOfIt(bool hasPollControl, bool hostPollsToo)
    {
        var boot = new FakeBootArguments();
        boot.WithOther("arm_pvspin");

        var warnings = Practice(boot, hypervisor: new HypervisorSignature("KVMKVMKVM", true, true, hasPollControl)).Plan(Desire(false, ("force", "Y"))).Warnings;

        Assert.Equal(hostPollsToo, warnings.Any(static w => w.Contains("the host polls for it, too", StringComparison.Ordinal)));
        Assert.Contains(warnings, static w => w.StartsWith("arm_pvspin is given as well", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Apply_Persist_PutsParametersOnTheCommandLineAndMovesTheirLines()
    {
        _tree.Write(HaltpollPractice.Configuration, Line);
        var boot = new FakeBootArguments();
        using var engine = Engine(boot);
        var before = _tree.Snapshot();

        var plan = engine.Plan(Desire(true, (PollNs, "400000"), ("guest_halt_poll_allow_shrink", "N")));
        var answer = await engine.ApplyAsync("op-1", Desire(true, (PollNs, "400000"), ("guest_halt_poll_allow_shrink", "N")));

        Assert.Equal(
            [PollNs, "guest_halt_poll_allow_shrink", "boot:haltpoll.guest_halt_poll_ns", "boot:haltpoll.guest_halt_poll_allow_shrink", "tmpfiles.d:guest_halt_poll_ns"],
            plan.Changes.Select(c => c.Item));
        Assert.Contains("it is a fake", plan.Warnings);
        Assert.Equal("haltpoll.guest_halt_poll_ns=400000 haltpoll.guest_halt_poll_allow_shrink=N", boot.Line);
        Assert.Equal(1, boot.WriteCount);
        Assert.DoesNotContain(PollNs, _tree.Exists(HaltpollPractice.Configuration) ? _tree.Read(HaltpollPractice.Configuration) : "", StringComparison.Ordinal);
        Assert.Equal(Verdict.Configured, answer.Observation.Verdict);
        Assert.Contains(new Fact(PollNs, Scope.Persistent, "400000", "/boot/grub/grub.cfg haltpoll.guest_halt_poll_ns"), answer.Observation.Facts);
        Assert.Empty(engine.Plan(Desire(true, (PollNs, "0x61A80"))).Changes);

        await engine.UndoAsync("undo-1", null, false);

        Assert.Equal("", boot.Line);
        Assert.Equal(before, _tree.Snapshot());
    }

    [Fact]
    public void Plan_PersistWhereADiskIsSealed_KeepsToTmpfiles()
    {
        _tree.Write("/sys/class/block/vda3/size", "40960\n");
        _tree.Write("/dev/vda3", LuksImage.FromCryptsetup());
        var practice = Practice(new FakeBootArguments());

        var plan = practice.Plan(Desire(true, (PollNs, "400000")));
        var forced = practice.Plan(Desire(true, (PollNs, "400000")) with { Force = true });

        Assert.Equal([PollNs, "tmpfiles.d:guest_halt_poll_ns"], plan.Changes.Select(c => c.Item));
        Assert.Empty(practice.CheckHarm(plan.Changes, force: false));
        Assert.Contains(plan.Warnings, w => w.Contains("would lock a disk: /dev/vda3", StringComparison.Ordinal));
        Assert.Equal([PollNs, "boot:haltpoll.guest_halt_poll_ns"], forced.Changes.Select(c => c.Item));
        Assert.Throws<PracticeException>(() => practice.CheckHarm(forced.Changes, force: false));
        Assert.Throws<PracticeException>(() => practice.CheckHarm(practice.Plan(Desire(false, ("force", "Y"))).Changes, force: false));
    }

    [Theory]
    [InlineData("400000", true, 1)] // the argument is enough
    [InlineData("300000", true, 2)] // it says otherwise, and the line comes after it
    [InlineData(null, false, 2)]
    public void Plan_PersistInTmpfilesWhileAnArgumentIsThere_AddsALineOnlyWhereItIsNeeded(string? argument, bool isEditable, int expected)
    {
        var boot = argument is null ? new FakeBootArguments() : new FakeBootArguments().WithOther("haltpoll." + PollNs, argument);
        boot.WhyNot = isEditable ? null : "none";
        _tree.Write("/sys/class/block/vda3/size", "40960\n");
        _tree.Write("/dev/vda3", LuksImage.FromCryptsetup());

        Assert.Equal(expected, Practice(boot).Plan(Desire(true, (PollNs, "400000"))).Changes.Count);
    }

    [Fact]
    public void Plan_PersistOnTheCommandLineWhileAForeignLineComesLater_Warns()
    {
        _tree.Write("/etc/tmpfiles.d/z-admin.conf", Line);

        Assert.Contains(
            Practice(new FakeBootArguments()).Plan(Desire(true, (PollNs, "400000"))).Warnings,
            w => w.StartsWith("/etc/tmpfiles.d/z-admin.conf is read after the kernel's arguments and sets guest_halt_poll_ns to 300000", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("console=ttyS0", "400000", null, Verdict.Pending, "guest_halt_poll_ns is 200000 now and will be 400000 (/boot/grub/grub.cfg)")]
    [InlineData("haltpoll.guest_halt_poll_ns=400000", "400000", "Booting kernel: `400000' invalid for parameter `haltpoll.guest_halt_poll_ns'", Verdict.Configured, "the kernel did not take haltpoll.guest_halt_poll_ns: it said 'Booting kernel:")]
    [InlineData("haltpoll.guest_halt_poll_ns=400000", "500000", "Booting kernel: `400000' invalid for parameter `haltpoll.guest_halt_poll_ns'", Verdict.Pending, "will be 500000")]
    [InlineData("haltpoll.guest_halt_poll_ns=200000", "200000", null, Verdict.Effective, "driver and the governor are haltpoll")]
    public void Observe_ParameterOnTheCommandLine_IsJudgedByWhatTheKernelMadeOfIt(string now, string next, string? said, Verdict verdict, string reason)
    {
        using var tree = GuestTree.WithHaltpoll("haltpoll", "haltpoll", now);
        var log = new FakeKernelLog(said is null ? [] : [said]);

        var observation = Practice(new FakeBootArguments().WithOwn("haltpoll." + PollNs, next), log, tree: tree).Observe([]);

        Assert.Equal(verdict, observation.Verdict);
        Assert.Contains(reason, observation.Reason, StringComparison.Ordinal);
        Assert.Equal(said is null ? 0 : 1, log.ReadCount);
    }

    [Fact]
    public void Observe_ForceGivenAndRefused_IsNotEffectiveAndQuotesTheKernel()
    {
        const string Said = "cpuidle_haltpoll: `maybe' invalid for parameter `force'";
        using var tree = GuestTree.WithHaltpoll(commandLine: "cpuidle_haltpoll.force=maybe");

        var observation = Practice(new FakeBootArguments().WithOther("cpuidle_haltpoll.force", "maybe"), new FakeKernelLog(Said), tree: tree).Observe([]);

        Assert.Equal(Verdict.Configured, observation.Verdict);
        Assert.Contains($"it said '{Said}'", observation.Reason, StringComparison.Ordinal);
        Assert.Contains(new Fact("cpuidle_haltpoll.force", Scope.Context, Said, "/dev/kmsg"), observation.Facts);
    }

    [Fact]
    public void Observe_ForceWillBeGone_IsPending()
    {
        using var tree = GuestTree.WithHaltpoll("haltpoll", "haltpoll", "cpuidle_haltpoll.force=Y");

        var observation = Practice(new FakeBootArguments(), tree: tree).Observe([]);

        Assert.Equal(Verdict.Pending, observation.Verdict);
        Assert.Contains("cpuidle_haltpoll.force is on the kernel command line now and will not be", observation.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Observe_OwnArgumentIsGone_IsDrifted()
    {
        var observation = Practice(new FakeBootArguments()).Observe([new OwnedValue("boot:cpuidle_haltpoll.force", "Y", "op-1", false)]);

        Assert.Equal(Verdict.Drifted, observation.Verdict);
        Assert.Contains("boot:cpuidle_haltpoll.force was set to Y by operation op-1 and is gone now", observation.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("modules.builtin", "kernel/drivers/cpuidle/cpuidle-haltpoll.ko\n", null)]
    [InlineData("modules.builtin", "kernel/drivers/cpuidle/governors.ko\n", "has no driver cpuidle-haltpoll")]
    [InlineData("config", "CONFIG_CPU_IDLE=y\n# CONFIG_HALTPOLL_CPUIDLE is not set\n", "says CONFIG_HALTPOLL_CPUIDLE=n")]
    public void Observe_KernelTellsOfItsDriver_TheReasonFollowsIt(string file, string content, string? expected)
    {
        using var tree = GuestTree.WithHaltpoll(commandLine: "cpuidle_haltpoll.force=Y");
        tree.Write($"/lib/modules/{GuestTree.Release}/{file}", content);

        var reason = Practice(FakeBootArguments.Missing, tree: tree).Observe([]).Reason;

        Assert.Equal(expected is not null, reason.Contains("driver cpuidle-haltpoll", StringComparison.Ordinal));
        Assert.Contains(expected ?? "current_driver is none", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("force", "maybe", "force = 'maybe'")]
    [InlineData("forced", "Y", "has no setting 'forced'; known: guest_halt_poll_ns, guest_halt_poll_shrink, guest_halt_poll_grow, guest_halt_poll_grow_start, guest_halt_poll_allow_shrink, force")]
    public void Plan_WrongSetting_IsNamed(string name, string value, string expected)
    {
        var e = Assert.Throws<PracticeException>(() => Practice(new FakeBootArguments()).Plan(Desire(false, (name, value))));

        Assert.Equal(PracticeError.InvalidArgument, e.Error);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _tree.Dispose();

    private OperationEngine Engine(FakeBootArguments boot)
        => new([Practice(boot)], () => Journal.Open(new JournalOptions { Directory = _tree.File("/var/lib/guesttune") }), () => "boot");

    private HaltpollPractice Practice(FakeBootArguments boot, FakeKernelLog? log = null, GuestTree? tree = null, HypervisorSignature? hypervisor = null)
    {
        var files = new RootedFileSystem((tree ?? _tree).Path);
        return new HaltpollPractice(files, new KernelIdentity(files), hypervisor, boot, log ?? new FakeKernelLog(), new SealedDiskGuard(new SealedDiskFinder(files)));
    }

    private static Desired Desire(bool persist, params (string Name, string Value)[] settings)
        => new(HaltpollPractice.PracticeId, settings.ToDictionary(s => s.Name, s => s.Value, StringComparer.Ordinal), persist);
}
