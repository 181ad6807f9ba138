using GuestTune.Agent.Haltpoll;
using GuestTune.Agent.Kernel;
using GuestTune.Agent.PvQspinlock;
using GuestTune.Agent.SealedDisks;
using GuestTune.Practices;
using GuestTune.Practices.Journaling;

namespace GuestTune.Agent.Tests.BootLoader;

/// <summary>Practices that need kernel arguments, across a reboot and back, on the files of each distribution.</summary>
public sealed class PracticesOnTreesTests
{
    private const string PollNs = GuestTree.Parameters + "guest_halt_poll_ns";

    [Theory]
    [InlineData(BootTree.Debian)]
    [InlineData(BootTree.OpenEuler)]
    [InlineData(BootTree.Rhel)]
    [InlineData(BootTree.Systemd)]
    public async Task ApplyRebootUndo_BothPractices_AreProvenAndLeaveNothing(string distribution)
    {
        using var tree = new BootTree(distribution);
        tree.Write("/proc/sys/kernel/arch", "aarch64\n");
        tree.Write("/dev/kmsg", "5,0,0,-;Linux version 5.10\n");
        foreach (var parameter in HaltpollParameter.All)
        {
            tree.Write(parameter.Path, parameter.Name is "guest_halt_poll_allow_shrink" ? "Y\n" : "2\n");
        }

        Boot(tree, "1");
        var before = tree.Snapshot();
        var haltpoll = Desire(HaltpollPractice.PracticeId, true, ("force", "Y"), ("guest_halt_poll_ns", "400000"));
        var spinlock = Desire(PvQspinlockPractice.PracticeId, true, ("enabled", "Y"));

        using (var engine = Engine(tree))
        {
            Assert.NotEmpty(engine.Plan(spinlock).Files);
            Assert.Equal(Verdict.Pending, (await engine.ApplyAsync("haltpoll", haltpoll)).Observation.Verdict);
            Assert.True(tree.Mkconfig.Runs.Count <= 1);
            Assert.Equal(Verdict.Pending, (await engine.ApplyAsync("spinlock", spinlock)).Observation.Verdict);
            Assert.Empty(engine.Plan(haltpoll).Changes);
            Assert.EndsWith("cpuidle_haltpoll.force=Y haltpoll.enable=Y haltpoll.guest_halt_poll_ns=400000 arm_pvspin", tree.Line.TrimEnd(), StringComparison.Ordinal);
        }

        Boot(tree, "2");
        tree.Write(PollNs, "400000\n");
        tree.Write("/dev/kmsg", "5,0,0,-;Linux version 5.10\n6,1,0,-;arm-pv: PV qspinlocks enabled\n");
        using (var engine = Engine(tree))
        {
            Assert.Equal(Verdict.Effective, engine.Observe(PvQspinlockPractice.PracticeId).Verdict);
            Assert.Equal(Verdict.Configured, engine.Observe(HaltpollPractice.PracticeId).Verdict);
            Assert.Equal(Verdict.Pending, (await engine.UndoAsync("undo-1", "haltpoll", false)).Observation.Verdict);
            Assert.Equal(Verdict.Pending, (await engine.UndoAsync("undo-2", "spinlock", false)).Observation.Verdict);
        }

        Boot(tree, "1");
        tree.Write(PollNs, "2\n");
        tree.Write("/dev/kmsg", "5,0,0,-;Linux version 5.10\n");
        using (var engine = Engine(tree))
        {
            Assert.Equal(Verdict.Absent, engine.Observe(PvQspinlockPractice.PracticeId).Verdict);
        }

        Assert.Equal(before, tree.Snapshot());
    }

    private static void Boot(BootTree tree, string bootId)
    {
        tree.Write("/proc/sys/kernel/random/boot_id", bootId + "\n");
        tree.Write("/proc/cmdline", tree.Line + "\n");
    }

    private static OperationEngine Engine(BootTree tree)
    {
        var files = tree.Files;
        var kernel = new KernelIdentity(files);
        var boot = tree.Arguments;
        var log = new KernelLog(files, new FakeCommands());
        var sealedDisks = new SealedDiskGuard(new SealedDiskFinder(files));
        return new OperationEngine(
            [new HaltpollPractice(files, kernel, null, boot, log, sealedDisks), new PvQspinlockPractice(files, kernel, boot, log, sealedDisks)],
            () => Journal.Open(new JournalOptions { Directory = files.Resolve(BootTree.State) }),
            () => kernel.BootId);
    }

    private static Desired Desire(string practice, bool persist, params (string Name, string Value)[] settings)
        => new(practice, settings.ToDictionary(s => s.Name, s => s.Value, StringComparer.Ordinal), persist);
}
