using GuestTune.Agent.Kernel;
using GuestTune.Agent.KernelArguments;
using GuestTune.Agent.Policy;
using GuestTune.Agent.SealedDisks;
using GuestTune.Agent.Tests.BootLoader;
using GuestTune.Practices;
using GuestTune.Practices.Journaling;

namespace GuestTune.Agent.Tests.KernelArguments;

public sealed class KernelArgumentsPracticeTests : IDisposable, IKernelLog
{
    private readonly BootTree _tree = new(BootTree.Debian);
    private readonly List<string> _log = ["Linux version 6.1.0-28-amd64"];
    private string _policy = string.Empty;
    private OperationEngine? _engine;
    private int _operation;

    public KernelArgumentsPracticeTests() => Boot();

    private AgentPolicy Policy => PolicyParser.Parse("/etc/guesttune/agent.conf", _policy, []);

    private KernelArgumentsPractice Practice
        => new(_tree.Files, _tree.Arguments, this, new SealedDiskGuard(new SealedDiskFinder(_tree.Files)), () => Policy);

    private OperationEngine Engine => _engine ??= new OperationEngine(
        [Practice], () => Journal.Open(new JournalOptions { Directory = _tree.Files.Resolve(BootTree.State) }), static () => "boot", refuseLasting: () => Policy.WhyPersistRefused());

    KernelMessages IKernelLog.Read() => new(_log, KernelLog.Device, IsWhole: true, null);

    public void Dispose()
    {
        _engine?.Dispose();
        _tree.Dispose();
    }

    [Fact]
    public async Task Apply_FromAbsentOverPendingToWhatCanBeProven()
    {
        Assert.Equal((Verdict.Absent, "no argument was set by this practice"), Observed());

        var answer = await Apply(("nohz", "off"), ("printk.time", string.Empty));

        Assert.Equal(OperationState.Done, answer.Operation.State);
        Assert.Single(_tree.Mkconfig.Runs);
        Assert.Equal(Verdict.Pending, answer.Observation.Verdict);
        Assert.Contains("after the guest's reboot: nohz is absent now and will be 'off'", answer.Observation.Reason, StringComparison.Ordinal);
        Assert.Contains("printk.time is absent now and will be given without a value", answer.Observation.Reason, StringComparison.Ordinal);

        Boot();
        Assert.Equal((Verdict.Configured, "the kernel took nohz; whether it has an effect cannot be seen; the kernel took printk.time; whether it has an effect cannot be seen"), Observed());

        _tree.Write("/sys/module/printk/parameters/time", "Y\n");
        _tree.Write("/sys/module/kernel/parameters/nohz", "off\n");
        var (verdict, reason) = Observed();
        Assert.Equal(Verdict.Effective, verdict);
        Assert.Contains("/sys/module/printk/parameters/time is Y", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Unknown kernel command line parameters \"BOOT_IMAGE=/boot/vmlinuz arm_pvspin\", will be passed to user space.")]
    [InlineData("Booting kernel: `' invalid for parameter `arm_pvspin'")]
    [InlineData("Malformed early option 'arm_pvspin'")]
    public async Task Observe_KernelRefusedIt_IsNeverEffective(string message)
    {
        await Apply(("arm_pvspin", string.Empty));
        Boot();
        _log.Add(message);
        _tree.Write("/sys/module/kernel/parameters/arm_pvspin", "Y\n");

        Assert.Equal((Verdict.Configured, "not effective: the kernel said: " + message), Observed());
    }

    [Fact]
    public async Task Observe_ParameterHasAnotherValue_SaysWhichAndWhere()
    {
        await Apply(("my-mod.limit", "0x10"));
        Boot();
        _tree.Write("/sys/module/my_mod/parameters/limit", "16\n");
        Assert.Equal(Verdict.Effective, Observed().Verdict);

        _tree.Write("/sys/module/my_mod/parameters/limit", "8\n");
        Assert.Equal((Verdict.Configured, "not effective: my-mod.limit was given as '0x10', and /sys/module/my_mod/parameters/limit is '8'"), Observed());
    }

    [Fact]
    public async Task Observe_SomebodyTookItAway_IsDrifted()
    {
        await Apply(("nohz", "off"));
        _tree.Delete("/etc/default/grub.d/zz-guesttune.cfg");
        _tree.Mkconfig.Generate("/boot/grub/grub.cfg");

        var (verdict, reason) = Observed();

        Assert.Equal(Verdict.Drifted, verdict);
        Assert.Contains("nohz was set to 'off' by operation op-1 and will be absent at the next boot", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Undo_RestoresEveryByteAndBothLines()
    {
        var before = _tree.Snapshot();
        await Apply(("nohz", "off"), ("quiet", "no"));
        await Apply(("nohz", "on"), ("a", "1"));

        Assert.Equal(OperationState.Done, (await Undo("op-2")).Operation.State);
        Assert.Equal("off", _tree.Get("nohz"));
        Assert.Equal(OperationState.Done, (await Undo("op-1")).Operation.State);

        Assert.Equal(before, _tree.Snapshot());
        Assert.Equal(Verdict.Absent, Observed().Verdict);
    }

    [Fact]
    public async Task Apply_RemoveOurs_TakesOnlyThat()
    {
        var before = _tree.Snapshot();
        await Apply(("quiet", "no"));

        await Apply(("quiet", KernelArgumentsPlanner.Remove), ("never-there", KernelArgumentsPlanner.Remove));

        Assert.Equal(before, _tree.Snapshot());
        var e = await Assert.ThrowsAsync<PracticeException>(() => Apply(("quiet", KernelArgumentsPlanner.Remove)));
        Assert.Contains("was not added by GuestTune", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_GeneratorFails_OperationFailsAndNothingChanged()
    {
        var before = _tree.Snapshot();
        _tree.Mkconfig.Fault = static _ => new(1, string.Empty, "/boot: Read-only file system\n");

        var answer = await Apply(("a", "1"), ("b", "2"));

        Assert.Equal(OperationState.Failed, answer.Operation.State);
        Assert.Contains("boot:a: grub-mkconfig -o /boot/grub/grub.cfg.guesttune ended with exit code 1; it said: /boot: Read-only file system", answer.Operation.Error, StringComparison.Ordinal);
        Assert.Equal([ChangeState.Failed, ChangeState.Skipped], answer.Operation.Outcomes.Select(o => o.State));
        Assert.Equal(before, _tree.Snapshot());
    }

    [Fact]
    public async Task Apply_PowerCut_SameIdCompletesAfterTheRestart()
    {
        _tree.Mkconfig.Fault = static _ => throw new InvalidOperationException("power cut");
        await Assert.ThrowsAsync<InvalidOperationException>(() => Apply(("a", "1")));
        _engine!.Dispose();
        _engine = null;
        _tree.Mkconfig.Fault = static _ => null;

        Assert.NotEmpty(_tree.Arguments.Recover());
        Assert.Equal(OperationState.Begun, Engine.History(1)[0].State);
        _operation = 0;
        var answer = await Apply(("a", "1"));

        Assert.Equal(OperationState.Done, answer.Operation.State);
        Assert.Equal("1", _tree.Get("a"));
        await Undo("op-1");
        Assert.Null(_tree.Get("a"));
    }

    [Fact]
    public void Plan_EveryMistakeAtOnce()
    {
        var e = Assert.Throws<PracticeException>(() => Engine.Plan(Desire(("a b", "1"), ("c", "x\"y"), ("d", "x\ny"), (string.Empty, "x"), ("my-key", "1"), ("my_key", "2"))));

        Assert.Equal(PracticeError.InvalidArgument, e.Error);
        foreach (var part in new[] { "'a b' is not the name", "a quote", "a line end", "name is missing", "the same argument to the kernel" })
        {
            Assert.Contains(part, e.Message, StringComparison.Ordinal);
        }

        Assert.Contains("no argument was given", Assert.Throws<PracticeException>(() => Engine.Plan(Desire())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "nohz", true)]
    [InlineData("", "init", false)]
    [InlineData("", "rdinit", false)]
    [InlineData("", "rd.break", false)]
    [InlineData("", "systemd.unit", false)]
    [InlineData("", "systemd.debug-shell", false)]
    [InlineData("", "single", false)]
    [InlineData("", "1", false)]
    [InlineData("", "selinux", false)]
    [InlineData("", "LD_PRELOAD", false)]
    [InlineData("", "cloud-config-url", false)]
    [InlineData("", "mount.usr", false)]
    [InlineData("allow-kernel-arguments = *", "init", false)]
    [InlineData("allow-kernel-arguments = * systemd.*", "systemd.unit", false)]
    [InlineData("allow-kernel-arguments = init", "init", true)]
    [InlineData("allow-kernel-arguments = init", "nohz", false)]
    [InlineData("allow-kernel-arguments = systemd.debug_shell", "systemd.debug-shell", true)]
    [InlineData("allow-kernel-arguments = nohz*, isolcpus", "nohz_full", true)]
    [InlineData("allow-kernel-arguments = nohz*, isolcpus", "irqaffinity", false)]
    [InlineData("allow-kernel-arguments =", "nohz", false)]
    [InlineData("persist = no", "nohz", false)]
    public void Plan_TheGuestsAdministratorDecides(string policy, string key, bool isAllowed)
    {
        _policy = policy;

        if (isAllowed)
        {
            Assert.Single(Engine.Plan(Desire((key, "x"))).Changes);
            return;
        }

        var e = Assert.Throws<PracticeException>(() => Engine.Plan(Desire((key, "x"))));
        Assert.Equal(PracticeError.PermissionDenied, e.Error);
        Assert.Contains("/etc/guesttune/agent.conf", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Policy_ArgumentWithItsValue_IsAMistakeSinceItWouldMatchNothing()
    {
        var policy = PolicyParser.Parse("/etc/guesttune/agent.conf", "allow-kernel-arguments = nohz=off isolcpus", []);

        Assert.Contains("line 1: allow-kernel-arguments has 'nohz=off'", Assert.Single(policy.Mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_ShowsTheFilesAndWhatTheNextBootDoesOnce()
    {
        _tree.Write("/boot/grub/grubenv", "# GRUB Environment Block\nnext_entry=1>2\n".PadRight(1024, '#'));

        var plan = Engine.Plan(Desire(("nohz", "off")));

        Assert.Equal("/etc/default/grub.d/zz-guesttune.cfg", Assert.Single(plan.Files).Path);
        Assert.Contains("the next boot alone starts another entry", Assert.Single(plan.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Observe_NamesTheDefaultEntryAndTheLineOfEachKernel()
    {
        var facts = Engine.Observe(KernelArgumentsPractice.PracticeId).Facts;

        Assert.Equal("Debian GNU/Linux", facts.Single(f => f.Name == "default-entry").Value);
        Assert.Contains(facts, f => f.Name == "command-line of 6.1.0-25-amd64" && f.Value!.EndsWith(" quiet", StringComparison.Ordinal));
        Assert.DoesNotContain(facts, f => f.Source.Contains("recovery", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Observe_NoBootLoader_IsNotApplicableWithWhatToDo()
    {
        _tree.Delete("/boot/grub/grub.cfg");

        var (verdict, reason) = Observed();

        Assert.Equal(Verdict.NotApplicable, verdict);
        Assert.Contains("<cmdline>", reason, StringComparison.Ordinal);
        Assert.Equal(PracticeError.FailedPrecondition, (await Assert.ThrowsAsync<PracticeException>(() => Apply(("a", "1")))).Error);
    }

    private static Desired Desire(params (string Key, string Value)[] settings)
        => new(KernelArgumentsPractice.PracticeId, settings.ToDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal), Persist: false);

    private async Task<OperationAnswer> Apply(params (string Key, string Value)[] settings) => await Engine.ApplyAsync($"op-{++_operation}", Desire(settings));

    private async Task<OperationAnswer> Undo(string target) => await Engine.UndoAsync("undo-" + target, target, force: false);

    private (Verdict Verdict, string Reason) Observed() => Engine.Observe(KernelArgumentsPractice.PracticeId) is var o ? (o.Verdict, o.Reason) : default;

    /// <summary>Starts the kernel with the line that the boot loader has for it.</summary>
    private void Boot() => _tree.Write("/proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz " + _tree.Line + "\n");
}
