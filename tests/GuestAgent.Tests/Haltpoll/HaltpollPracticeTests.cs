using FsCheck;
using FsCheck.Fluent;
using GuestTune.Agent.Haltpoll;
using GuestTune.Agent.Kernel;
using GuestTune.Agent.SealedDisks;
using GuestTune.Agent.Tests.BootLoader;
using GuestTune.Agent.Tests.Kernel;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Practices.Journaling;

namespace GuestTune.Agent.Tests.Haltpoll;

public sealed class HaltpollPracticeTests
{
    private static readonly HypervisorSignature Kvm = new("KVMKVMKVM", true, false, false);
    private static readonly HypervisorSignature Tcg = new("TCGTCGTCGTCG", false, false, false);

    [Fact]
    public void Observe_NoHaltpoll_IsNotApplicableWithTheKernel()
    {
        using var tree = GuestTree.WithoutHaltpoll();

        var observation = Practice(tree).Observe([]);

        Assert.Equal(Verdict.NotApplicable, observation.Verdict);
        Assert.Contains(GuestTree.Release + " has no haltpoll governor", observation.Reason, StringComparison.Ordinal);
        Assert.All(observation.Facts.Where(f => f.Scope == Scope.InForce), f => Assert.Equal((null, "no such file"), (f.Value, f.Problem)));
    }

    [Fact]
    public void Observe_DriverAndGovernorAreHaltpoll_IsEffective()
    {
        using var tree = GuestTree.WithHaltpoll("haltpoll", "haltpoll");

        var observation = Practice(tree, Kvm).Observe([]);

        Assert.Equal(Verdict.Effective, observation.Verdict);
        var fact = observation.Facts.First(f => f.Name is "guest_halt_poll_grow_start");
        Assert.Equal(new Fact("guest_halt_poll_grow_start", Scope.InForce, "50000", GuestTree.Parameters + "guest_halt_poll_grow_start"), fact);
    }

    [Fact]
    public void Observe_OlderKernel_ReadsTheReadOnlyGovernor()
    {
        using var tree = GuestTree.WithHaltpoll("haltpoll", "haltpoll");
        File.Move(tree.File(GuestTree.Cpuidle + "current_governor"), tree.File(GuestTree.Cpuidle + "current_governor_ro"));

        var observation = Practice(tree, Kvm).Observe([]);

        Assert.Equal(Verdict.Effective, observation.Verdict);
        Assert.Contains(observation.Facts, f => f.Name is "current_governor_ro");
    }

    public static TheoryData<string, string, string?, string> Reasons => new()
    {
        { "none", "console=ttyS0", "TCG", "no KVM signature: the hypervisor calls itself 'TCGTCGTCGTCG' in CPUID" },
        { "none", "console=ttyS0", "KVM", "no hint-dedicated (KVM_HINTS_REALTIME), and cpuidle_haltpoll.force=Y is missing" },
        { "none", "console=ttyS0", null, "cpuidle_haltpoll.force=Y is missing" },
        { "none", "idle=poll", "KVM", "idle=poll" },
        { "none", "cpuidle.off=1", "KVM", "cpuidle.off=1" },
        { "intel_idle", "cpuidle_haltpoll.force=Y", "KVM", "current_driver is intel_idle, not haltpoll" },
        { "none", "haltpoll.enable=N", "KVM", "haltpoll.enable=Y is missing" },
        { "none", "x", "KVM", "cpuidle-haltpoll is neither built in nor loaded" },
    };

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Observe_DriverIsNotHaltpoll_IsConfiguredAndSaysWhy(string driver, string commandLine, string? hypervisor, string expected)
    {
        using var tree = GuestTree.WithHaltpoll(driver, "menu", commandLine);

        var observation = Practice(tree, hypervisor switch { "TCG" => Tcg, "KVM" => Kvm, _ => null }).Observe([]);

        Assert.Equal(Verdict.Configured, observation.Verdict);
        Assert.StartsWith("not effective: ", observation.Reason, StringComparison.Ordinal);
        Assert.Contains(expected, observation.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Observe_AArch64_AlsoAsksForEnable()
    {
        using var tree = GuestTree.WithHaltpoll();
        tree.Write("/proc/sys/kernel/arch", "aarch64\n");

        Assert.Contains("haltpoll.enable=Y is missing", Practice(tree).Observe([]).Reason, StringComparison.Ordinal);
        tree.Write("/proc/cmdline", "haltpoll.enable=Y\n");
        Assert.DoesNotContain("haltpoll.enable=Y is missing", Practice(tree).Observe([]).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "the module cpuidle-haltpoll is not loaded: modprobe cpuidle-haltpoll")]
    [InlineData(false, "has no driver cpuidle-haltpoll")]
    public void Observe_DriverModule_IsLookedFor(bool exists, string expected)
    {
        using var tree = GuestTree.WithHaltpoll(commandLine: "cpuidle-haltpoll.force=1");
        tree.Write($"/lib/modules/{GuestTree.Release}/kernel/drivers/cpuidle/{(exists ? "cpuidle-haltpoll.ko.xz" : "other.ko")}", "x");

        var reason = Practice(tree, Kvm).Observe([]).Reason;

        Assert.Contains(expected, reason, StringComparison.Ordinal);
        Assert.DoesNotContain("force", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Observe_HaltpollOnTheCommandLine_IsReportedWithItsSource()
    {
        using var tree = GuestTree.WithHaltpoll(commandLine: "haltpoll.guest_halt_poll_ns=150000 cpuidle_haltpoll.force");

        var facts = Practice(tree, Kvm).Observe([]).Facts;

        Assert.Contains(new Fact("guest_halt_poll_ns", Scope.Persistent, "150000", "/proc/cmdline haltpoll.guest_halt_poll_ns"), facts);
        Assert.Contains(new Fact("cpuidle_haltpoll.force", Scope.Context, "Y", "/proc/cmdline"), facts);
        Assert.Contains(new Fact("haltpoll.enable", Scope.Context, null, "/proc/cmdline", "not given"), facts);
    }

    [Fact]
    public void Observe_OwnedValueChanged_IsDrifted()
    {
        using var tree = GuestTree.WithHaltpoll("haltpoll", "haltpoll");

        var drifted = Practice(tree).Observe([new OwnedValue("guest_halt_poll_ns", "400000", "op-1", true)]);
        var afterReboot = Practice(tree).Observe([new OwnedValue("guest_halt_poll_ns", "400000", "op-1", false)]);
        var lineGone = Practice(tree).Observe([new OwnedValue("tmpfiles.d:guest_halt_poll_ns", "400000", "op-1", false)]);

        Assert.Equal(Verdict.Drifted, drifted.Verdict);
        Assert.Contains("guest_halt_poll_ns was set to 400000 by operation op-1 and is 200000 now", drifted.Reason, StringComparison.Ordinal);
        Assert.Equal(Verdict.Effective, afterReboot.Verdict);
        Assert.Equal(Verdict.Drifted, lineGone.Verdict);
    }

    [Fact]
    public void Plan_ParameterMissingInThisKernel_IsNotApplicable()
    {
        using var tree = GuestTree.WithHaltpoll();
        File.Delete(tree.File(GuestTree.Parameters + "guest_halt_poll_grow_start"));

        var e = Assert.Throws<PracticeException>(() => Practice(tree).Plan(Desire(false, ("guest_halt_poll_grow_start", "1"))));

        Assert.Equal(PracticeError.FailedPrecondition, e.Error);
        Assert.Contains($"guest_halt_poll_grow_start is not applicable: kernel {GuestTree.Release} has no", e.Message, StringComparison.Ordinal);
        Assert.Contains(Practice(tree).Observe([]).Facts, f => f.Name is "guest_halt_poll_grow_start" && f.Problem!.StartsWith("not applicable", StringComparison.Ordinal));
    }

    [Fact]
    public void Plan_NoHaltpoll_IsNotApplicable()
    {
        using var tree = GuestTree.WithoutHaltpoll();

        Assert.Equal(PracticeError.FailedPrecondition, Assert.Throws<PracticeException>(() => Practice(tree).Plan(Desire(false, ("guest_halt_poll_ns", "1")))).Error);
    }

    [Fact]
    public void Plan_Persist_SaysWhoAppliesItAndWhoElseSetsIt()
    {
        using var tree = GuestTree.WithHaltpoll("haltpoll", "haltpoll");
        tree.Write("/etc/tmpfiles.d/a-admin.conf", $"w {GuestTree.Parameters}guest_halt_poll_ns - - - - 5\n");

        var plan = Practice(tree).Plan(Desire(true, ("guest_halt_poll_ns", "400000")));

        Assert.Equal(
            [new Change("guest_halt_poll_ns", GuestTree.Parameters + "guest_halt_poll_ns", "200000", "400000", TakesEffect.Now), new Change("tmpfiles.d:guest_halt_poll_ns", "/etc/tmpfiles.d/guesttune-haltpoll.conf", null, "400000", TakesEffect.AfterGuestReboot)],
            plan.Changes);
        Assert.Contains(plan.Warnings, w => w.Contains("/etc/tmpfiles.d/a-admin.conf comes first", StringComparison.Ordinal));
        Assert.Contains(plan.Warnings, w => w.Contains("the agent itself applies", StringComparison.Ordinal));
        tree.RunningSystemd();
        Assert.DoesNotContain(Practice(tree).Plan(Desire(true, ("guest_halt_poll_ns", "400000"))).Warnings, w => w.Contains("the agent itself", StringComparison.Ordinal));
    }

    [Fact]
    public void Plan_NotPersistWhileAnotherValuePersists_Warns()
    {
        using var tree = GuestTree.WithHaltpoll("haltpoll", "haltpoll");
        tree.Write(HaltpollPractice.Configuration, $"w {GuestTree.Parameters}guest_halt_poll_ns - - - - 5\n");

        Assert.Contains(Practice(tree).Plan(Desire(false, ("guest_halt_poll_ns", "6"))).Warnings, w => w.StartsWith("after the next boot guest_halt_poll_ns will be 5", StringComparison.Ordinal));
    }

    [Fact]
    public void ApplyTwiceAndUndo_RandomSettingsAndTrees_AreIdempotentAndTheWayBack()
    {
        var numbers = Gen.Elements("0", "1", "2", "50000", "200000", "4294967295", "0x10");
        var settings = Gen.Elements("guest_halt_poll_ns", "guest_halt_poll_shrink", "guest_halt_poll_grow", "guest_halt_poll_grow_start", "guest_halt_poll_allow_shrink")
            .SelectMany(name => name.EndsWith("allow_shrink", StringComparison.Ordinal) ? Gen.Elements("Y", "N", "0", "true").Select(v => (name, v)) : numbers.Select(v => (name, v)))
            .NonEmptyListOf();
        var foreign = Gen.Elements(null, string.Empty, "# mine", $"w {GuestTree.Parameters}guest_halt_poll_ns - - - - 77\n", $"d /run/x - - - -\nw! {GuestTree.Parameters}guest_halt_poll_grow - - - -  3  ");
        var cases = from many in settings from persist in Gen.Elements(true, false) from text in foreign select (many, persist, text);
        Prop.ForAll(cases.ToArbitrary(), c => ApplyTwiceAndUndo(c.many, c.persist, c.text).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(100));
    }

    private static async Task<bool> ApplyTwiceAndUndo(IEnumerable<(string Name, string Value)> settings, bool persist, string? foreign)
    {
        using var tree = GuestTree.WithHaltpoll();
        if (foreign is not null)
        {
            tree.Write(HaltpollPractice.Configuration, foreign);
        }

        var desired = Desire(persist, [.. settings.GroupBy(s => s.Name, StringComparer.Ordinal).Select(g => g.Last())]);
        var before = tree.Snapshot();
        using var engine = new OperationEngine([Practice(tree)], () => Journal.Open(new JournalOptions { Directory = tree.File("/var/lib/guesttune") }), () => "boot");
        await engine.ApplyAsync("op-1", desired);
        var once = tree.Snapshot();
        var second = await engine.ApplyAsync("op-2", desired);
        var twice = tree.Snapshot();
        if (engine.History(10).Any(o => o.State == OperationState.Done))
        {
            await engine.UndoAsync("undo-1", null, false);
        }

        return second.Operation.State == OperationState.Unchanged && string.Equals(once, twice, StringComparison.Ordinal)
            && string.Equals(before, tree.Snapshot(), StringComparison.Ordinal);
    }

    private static HaltpollPractice Practice(GuestTree tree, HypervisorSignature? hypervisor = null)
    {
        var files = new RootedFileSystem(tree.Path);
        return new HaltpollPractice(
            files, new KernelIdentity(files), hypervisor, FakeBootArguments.Missing, new FakeKernelLog(), new SealedDiskGuard(new SealedDiskFinder(files)));
    }

    private static Desired Desire(bool persist, params (string Name, string Value)[] settings)
        => new(HaltpollPractice.PracticeId, settings.ToDictionary(s => s.Name, s => s.Value, StringComparer.Ordinal), persist);
}
