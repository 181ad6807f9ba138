using GuestTune.Agent.QemuGa;
using GuestTune.Practices;

namespace GuestTune.Agent.Tests.QemuGa;

public sealed class QemuGaPracticeTests
{
    [Fact]
    public void Observe_NotInstalled_IsNotApplicable()
    {
        using var system = new FakeSystem();
        File.Delete(system.Tree.File("/usr/sbin/qemu-ga"));

        var observation = system.Practice().Observe([]);

        Assert.Equal((Verdict.NotApplicable, "qemu-ga is not installed (package qemu-guest-agent)"), (observation.Verdict, observation.Reason));
    }

    [Fact]
    public void Observe_NothingBlocked_IsAbsentWithTheEvidence()
    {
        using var system = new FakeSystem().Start();

        var observation = system.Practice().Observe([]);

        Assert.Equal(Verdict.Absent, observation.Verdict);
        Assert.Contains(new Fact("version", Scope.Context, "7.2.22", "/usr/sbin/qemu-ga --version"), observation.Facts);
        Assert.Contains(new Fact("block", Scope.InForce, "", "/proc/701/cmdline"), observation.Facts);
        Assert.Contains(new Fact("program", Scope.Context, "/usr/sbin/qemu-ga", "/proc/701/exe"), observation.Facts);
    }

    [Theory]
    [InlineData("6.2.0", "--blacklist=guest-exec,guest-file-open")]
    [InlineData("7.2.22", "--block-rpcs=guest-exec,guest-file-open")]
    [InlineData("9.1.0", "--block-rpcs=guest-exec,guest-file-open")]
    public void Apply_List_RunsWithTheSpellingOfTheVersion(string version, string expected)
    {
        using var system = new FakeSystem(version).Start();

        var change = Apply(system, "guest-file-open,guest-exec");

        Assert.Equal(new Change("block", FakeSystem.DropIn, null, "guest-exec,guest-file-open", TakesEffect.Now), change);
        Assert.Contains($"ExecStart=\nExecStart=-/usr/sbin/qemu-ga {expected}\n", system.Tree.Read(FakeSystem.DropIn), StringComparison.Ordinal);
        Assert.Equal(["/usr/sbin/qemu-ga", expected], system.Tree.Read("/proc/702/cmdline").TrimEnd('\0').Split('\0'));
        var observation = system.Practice().Observe([new OwnedValue("block", change!.After, "op", true)]);
        Assert.Equal(Verdict.Configured, observation.Verdict);
        Assert.Contains("only its own guest-info", observation.Reason, StringComparison.Ordinal);
        Assert.Null(Plan(system, "guest-exec,guest-file-open"));
    }

    [Fact]
    public void Apply_None_TakesEverythingAwayAgain()
    {
        using var system = new FakeSystem().Start();
        var before = Tree(system);
        Apply(system, "guest-exec");

        Apply(system, "none");

        Assert.Equal(before, Tree(system));
        Assert.Equal(Verdict.Absent, system.Practice().Observe([]).Verdict);
    }

    [Fact]
    public void Apply_ListsOfOthers_StayAndAccumulate()
    {
        using var system = new FakeSystem(start: "/usr/sbin/qemu-ga --blacklist=guest-shutdown");
        system.Tree.Write(QemuGaConfig.DefaultPath, "[general]\nblock-rpcs=guest-file-read\n");
        system.Start();

        var plan = system.Practice().Plan(Desired("guest-exec"));
        Apply(system, "guest-exec");

        Assert.Contains(plan.Warnings, w => w.Contains("left so: guest-file-read,guest-shutdown", StringComparison.Ordinal));
        Assert.Contains(new Fact("block", Scope.InForce, "guest-exec,guest-file-read,guest-shutdown", "/proc/702/cmdline"), system.Practice().Observe([]).Facts);
    }

    /// <summary>As RHEL 9.4 has it: qemu-ga 8.1 to 9.0 does not start with both kinds of list.</summary>
    [Fact]
    public void Apply_AllowListOfTheDistribution_LosesTheBlockedCommands()
    {
        using var system = new FakeSystem("8.2.0", "/usr/bin/qemu-ga --method=virtio-serial $FILTER_RPC_ARGS -F${HOOK}");
        system.Tree.Write("/lib/systemd/system/" + FakeSystem.Unit, system.Tree.Read("/lib/systemd/system/" + FakeSystem.Unit) + "EnvironmentFile=/etc/sysconfig/qemu-ga\n");
        system.Tree.Write("/etc/sysconfig/qemu-ga", "# comment\nFILTER_RPC_ARGS=\"--allow-rpcs=guest-ping,guest-exec,guest-shutdown\"\nHOOK=/etc/qemu-ga/fsfreeze-hook\n");
        system.Start();

        Apply(system, "guest-exec");

        Assert.Contains("ExecStart=/usr/bin/qemu-ga --method=virtio-serial  -F${HOOK} --allow-rpcs=guest-ping,guest-shutdown\n", system.Tree.Read(FakeSystem.DropIn), StringComparison.Ordinal);
        var observation = system.Practice().Observe([]);
        Assert.Equal(Verdict.Configured, observation.Verdict);
        Assert.Contains("guest-exec", observation.Facts.First(f => f is { Name: "block", Scope: Scope.InForce }).Value!.Split(','));
        Assert.Contains(observation.Facts, f => f is { Name: "allow", Source: "/lib/systemd/system/qemu-guest-agent.service" });
    }

    [Theory]
    [InlineData("guest-bogus", false, "has no command 'guest-bogus'; it has: guest-exec, guest-exec-status")]
    [InlineData("guest-ping,guest-exec", false, "guest-ping: without it the host cannot tell")]
    [InlineData("guest-sync,guest-info", false, "guest-info, guest-sync: without them")]
    [InlineData("guest-ping,guest-exec", true, null)]
    public void Plan_Commands_AreCheckedAgainstQemuGa(string list, bool force, string? refusal)
    {
        using var system = new FakeSystem().Start();

        if (refusal is null)
        {
            Assert.Single(system.Practice().Plan(Desired(list, force)).Changes);
            return;
        }

        var e = Assert.Throws<PracticeException>(() => system.Practice().Plan(Desired(list, force)));
        Assert.Equal(PracticeError.FailedPrecondition, e.Error);
        Assert.Contains(refusal, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("guest-exec guest-file-open", "'guest-exec guest-file-open' is no name of a command; give names separated by commas, without spaces")]
    [InlineData("guest-exec, guest-file-open", "' guest-file-open' is no name")]
    [InlineData("", "'' is no name of a command")]
    [InlineData("guest-exec,", "'' is no name of a command")]
    [InlineData("--allow-rpcs\n", "is no name of a command")]
    public void Plan_BadList_IsRefusedWithTheRule(string list, string expected)
    {
        using var system = new FakeSystem().Start();

        var e = Assert.Throws<PracticeException>(() => system.Practice().Plan(Desired(list)));

        Assert.Equal(PracticeError.InvalidArgument, e.Error);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_SettingsAndPersist_AreCheckedTogether()
    {
        using var system = new FakeSystem().Start();
        var desired = new Desired(QemuGaPractice.PracticeId, new Dictionary<string, string>(StringComparer.Ordinal) { ["blok"] = "x" }, Persist: false);

        var e = Assert.Throws<PracticeException>(() => system.Practice().Plan(desired));

        Assert.Contains("has no setting 'blok'; known: block; no setting was given; known: block; a block list is in a file", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_WithoutSystemd_SaysWhatToDoByHand()
    {
        using var system = new FakeSystem().Start();
        Directory.Delete(system.Tree.File("/run/systemd/system"));

        var e = Assert.Throws<PracticeException>(() => system.Practice().Plan(Desired("guest-exec")));

        Assert.Contains("does not run systemd", e.Message, StringComparison.Ordinal);
        Assert.Contains("/etc/default/qemu-guest-agent", e.Message, StringComparison.Ordinal);
        Assert.Equal(Verdict.Absent, system.Practice().Observe([]).Verdict);
    }

    /// <summary>What the guide tells to do: commands separated by spaces.</summary>
    [Theory]
    [InlineData("/usr/sbin/qemu-ga --blacklist=guest-file-open guest-file-close guest-file-read", "guest-file-close, guest-file-read are meant to be blocked and not blocked: guest-file-close, guest-file-read stand behind a space")]
    [InlineData("/usr/sbin/qemu-ga \"--blacklist=guest-file-open guest-file-close\"", "guest-file-close, guest-file-open are meant to be blocked and not blocked: 'guest-file-open guest-file-close' is one name to qemu-ga")]
    [InlineData("/usr/sbin/qemu-ga -b 'guest-file-open, guest-file-close'", "guest-file-close is meant to be blocked and not blocked: ' guest-file-close' is one name")]
    public void Observe_ListWithSpaces_IsAFailure(string start, string expected)
    {
        using var system = new FakeSystem(start: start).Start();

        var observation = system.Practice().Observe([]);

        Assert.Equal(Verdict.Failed, observation.Verdict);
        Assert.StartsWith(expected, observation.Reason, StringComparison.Ordinal);
        Assert.Contains(observation.Facts, f => f.Name == "mistake");

        Apply(system, "guest-file-open,guest-file-close,guest-file-read");
        Assert.Equal(Verdict.Configured, system.Practice().Observe([]).Verdict);
    }

    [Fact]
    public void Observe_UnitChangedAndNotRestarted_IsPending()
    {
        using var system = new FakeSystem().Start();
        system.Tree.Write("/etc/systemd/system/qemu-guest-agent.service.d/10-site.conf", "[Service]\nExecStart=\nExecStart=/usr/sbin/qemu-ga --block-rpcs=guest-exec\n");

        var observation = system.Practice().Observe([]);

        Assert.Equal(Verdict.Pending, observation.Verdict);
        Assert.Contains("after a restart of qemu-guest-agent.service guest-exec", observation.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Observe_NotRunningAndRefusingItsArguments_IsAFailureWithItsWords()
    {
        using var system = new FakeSystem("9.1.0", "/usr/bin/qemu-ga --blacklist=guest-exec").Start();

        var observation = system.Practice().Observe([]);

        Assert.Equal(Verdict.Failed, observation.Verdict);
        Assert.Contains("unrecognized option '--blacklist=guest-exec'", observation.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gone", "block was set to guest-exec by operation op-1 and is gone now")]
    [InlineData("overruled", "another drop-in overrules it: /etc/systemd/system/qemu-guest-agent.service.d/99-site.conf")]
    public void Observe_OwnDropInNoLongerCounts_IsDrifted(string how, string expected)
    {
        using var system = new FakeSystem().Start();
        var change = Apply(system, "guest-exec")!;
        if (how == "gone")
        {
            File.Delete(system.Tree.File(FakeSystem.DropIn));
        }
        else
        {
            system.Tree.Write("/etc/systemd/system/qemu-guest-agent.service.d/99-site.conf", "[Service]\nExecStart=\nExecStart=/usr/sbin/qemu-ga -v\n");
        }

        var observation = system.Practice().Observe([new OwnedValue("block", change.After, "op-1", true)]);

        Assert.Equal(Verdict.Drifted, observation.Verdict);
        Assert.Contains(expected, observation.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_PackageChangedItsCommand_WritesTheDropInAnew()
    {
        using var system = new FakeSystem().Start();
        Apply(system, "guest-exec");
        system.Tree.Write("/lib/systemd/system/" + FakeSystem.Unit, "[Service]\nExecStart=/usr/sbin/qemu-ga --retry-path\n");

        var change = Apply(system, "guest-exec");

        Assert.Equal(("guest-exec", "guest-exec"), (change!.Before, change.After));
        Assert.Contains("/usr/sbin/qemu-ga --retry-path --block-rpcs=guest-exec\n", system.Tree.Read(FakeSystem.DropIn), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_RestartFails_PutsTheFormerConfigurationBack()
    {
        using var system = new FakeSystem().Start();
        Apply(system, "guest-exec");
        var before = Tree(system);
        var change = Plan(system, "guest-exec,guest-shutdown")!;
        system.RestartError = "Job for qemu-guest-agent.service failed.";

        var e = Assert.ThrowsAny<IOException>(() => system.Practice().OpenKnob(change).Write(change.After));

        Assert.Contains("Job for qemu-guest-agent.service failed.", e.Message, StringComparison.Ordinal);
        Assert.Contains("could not be brought back", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, Tree(system));
    }

    [Fact]
    public void Write_QemuGaEndsAtOnce_PutsBackAndRunsAgain()
    {
        using var system = new FakeSystem().Start();
        var before = Tree(system);
        var change = Plan(system, "guest-exec")!;
        system.Starts = arguments => arguments.Lists.Blocked.Count == 0;

        var e = Assert.ThrowsAny<IOException>(() => system.Practice().OpenKnob(change).Write(change.After));

        Assert.Contains("no qemu-ga stayed", e.Message, StringComparison.Ordinal);
        Assert.Contains("the former configuration is back, and qemu-ga runs with it", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, Tree(system));
        Assert.True(system.IsRunning);
    }

    /// <summary>systemd calls a service of Type=simple started when it has forked.</summary>
    [Fact]
    public void Write_QemuGaEndsAMomentLater_IsNoticed()
    {
        using var system = new FakeSystem().Start();
        var change = Plan(system, "guest-exec")!;
        system.Time.Waited = () =>
        {
            if (system.Tree.Exists(FakeSystem.DropIn))
            {
                system.StopProcess();
            }
        };

        var e = Assert.ThrowsAny<IOException>(() => system.Practice().OpenKnob(change).Write(change.After));

        Assert.Contains("no qemu-ga stayed", e.Message, StringComparison.Ordinal);
        Assert.Contains("the former configuration is back", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ServiceIsNotActive_IsNotStarted()
    {
        using var system = new FakeSystem();

        Apply(system, "guest-exec");

        Assert.False(system.IsRunning);
        Assert.DoesNotContain(system.Log, l => l.Contains("restart", StringComparison.Ordinal));
        Assert.Contains("systemctl daemon-reload", system.Log);
        var observation = system.Practice().Observe([]);
        Assert.Equal((Verdict.Configured, "qemu-ga is not running; when it starts it will block guest-exec"), (observation.Verdict, observation.Reason));
    }

    [Fact]
    public void Observe_ProcessOfAnotherUser_IsNotBelieved()
    {
        using var system = new FakeSystem();
        system.WriteProcess(750, ["--block-rpcs=guest-exec"], user: "1000");

        Assert.Contains(system.Practice().Observe([]).Facts, f => f is { Name: "block", Scope: Scope.InForce, Value: null, Problem: "qemu-ga is not running" });
    }

    [Fact]
    public void Preview_List_ShowsTheFileAsItWillBe()
    {
        using var system = new FakeSystem().Start();
        var change = Plan(system, "guest-exec")!;
        var knob = system.Practice().OpenKnob(change);

        var edit = Assert.Single(knob.Writer!.Preview([new KnobWrite(knob, change.After)]));
        knob.Write(change.After);

        Assert.Equal((FakeSystem.DropIn, null, system.Tree.Read(FakeSystem.DropIn)), (edit.Path, edit.Before, edit.After));
    }

    private static Desired Desired(string list, bool force = false)
        => new(QemuGaPractice.PracticeId, new Dictionary<string, string>(StringComparer.Ordinal) { ["block"] = list }, Persist: true, force);

    private static Change? Plan(FakeSystem system, string list) => system.Practice().Plan(Desired(list)).Changes.SingleOrDefault();

    private static Change? Apply(FakeSystem system, string list)
    {
        if (Plan(system, list) is not { } change)
        {
            return null;
        }

        var knob = system.Practice().OpenKnob(change);
        knob.Write(change.After);
        Assert.True(knob.AreEqual(knob.Read().Value, change.After));
        return change;
    }

    /// <summary>Everything that is configured.</summary>
    private static string Tree(FakeSystem system)
        => string.Join('\n', system.Tree.Snapshot().Split('\n').Where(l => !l.StartsWith("/proc/7", StringComparison.Ordinal)))
            + string.Join(' ', Directory.GetDirectories(system.Tree.File("/etc"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
}
