using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.HostPractices;
using GuestTune.Practice.V1;
using static GuestTune.HostController.Tests.HostPractices.HostTree;

namespace GuestTune.HostController.Tests.HostPractices;

public sealed class HostPracticesTests : IDisposable
{
    private readonly HostTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public async Task ApplyThenUndo_EveryPractice_GivesTheTreeBack()
    {
        await using var host = _tree.Open();
        Directory.CreateDirectory(_tree.PathOf("/etc/tmpfiles.d"));
        Directory.CreateDirectory(_tree.PathOf("/etc/modprobe.d"));
        var before = Snapshot();
        ApplyRequest[] requests =
        [
            Apply("a", HaltPollingPractice.PracticeId, true, ("halt_poll_ns", "400000"), ("halt_poll_ns_grow", "3")),
            Apply("b", KworkerIsolationPractice.PracticeId, true, ("cpumask", "0-1")),
            Apply("c", TransparentHugepagesPractice.PracticeId, true, ("enabled", "never"), ("defrag", "defer+madvise")),
            Apply("d", StaticHugepagesPractice.PracticeId, true, ("2M", "512"), ("node1:1G", "4")),
        ];
        foreach (var request in requests)
        {
            var answer = await host.ApplyAsync(request, default);

            Assert.Equal(OperationState.Done, answer.Operation.State);
            Assert.All(answer.Operation.Outcomes, o => Assert.Equal(ChangeState.Verified, o.State));
            Assert.Equal(2 * request.Desired.Settings.Count, answer.Operation.Outcomes.Count);
            Assert.True((await host.ApplyAsync(request, default)).RepeatedAnswer);
            Assert.Equal(OperationState.Unchanged, (await host.ApplyAsync(new ApplyRequest(request) { OperationId = request.OperationId + "2" }, default)).Operation.State);
        }

        Assert.Equal("400000\n", _tree.Read(HaltPollNs));
        Assert.Contains("options kvm halt_poll_ns=400000\n", _tree.Read(ModprobeFile));
        Assert.Equal("3\n", _tree.Read(Cpumask));
        Assert.Contains($"w {Cpumask} - - - - 3\n", _tree.Read("/etc/tmpfiles.d/guesttune-kworker-isolation.conf"));
        Assert.Equal("never\n", _tree.Read(Enabled));
        Assert.Equal("4\n", _tree.Read("/sys/devices/system/node/node1/hugepages/hugepages-1048576kB/nr_hugepages"));

        foreach (var request in requests)
        {
            var undo = await host.UndoAsync(new UndoRequest { OperationId = "undo-" + request.OperationId, TargetOperationId = request.OperationId }, default);
            Assert.Equal(OperationState.Done, undo.Operation.State);
        }

        Assert.Equal(before, Snapshot());
        Assert.Equal(12, (await host.HistoryAsync(new HistoryRequest(), default)).Operations.Count);
    }

    [Theory]
    [InlineData(HaltPollingPractice.PracticeId, "halt_poll_ns", "4294967296", StatusCode.InvalidArgument, "halt_poll_ns cannot be '4294967296': it is out of range; allowed is a whole number from 0 to 4294967295")]
    [InlineData(HaltPollingPractice.PracticeId, "halt_poll_us", "1", StatusCode.InvalidArgument, "there is no setting 'halt_poll_us' of halt-polling on this host; there are: halt_poll_ns, halt_poll_ns_grow")]
    [InlineData(KworkerIsolationPractice.PracticeId, "cpumask", "0", StatusCode.FailedPrecondition, "cpumask names no CPU that is online (0-5)")]
    [InlineData(KworkerIsolationPractice.PracticeId, "cpumask", "6-7", StatusCode.FailedPrecondition, "cpumask names no CPU that is online (0-5)")]
    [InlineData(KworkerIsolationPractice.PracticeId, "cpumask", "0-9,20", StatusCode.FailedPrecondition, "cpumask names CPUs that this host does not have: 8-9,20; it has 0-7")]
    [InlineData(KworkerIsolationPractice.PracticeId, "cpumask", "fg", StatusCode.InvalidArgument, "it is neither a hexadecimal mask nor a list of numbers")]
    [InlineData(TransparentHugepagesPractice.PracticeId, "enabled", "sometimes", StatusCode.InvalidArgument, "allowed is one of always, madvise, never")]
    [InlineData(StaticHugepagesPractice.PracticeId, "4M", "1", StatusCode.InvalidArgument, "there is no setting '4M' of static-hugepages on this host; there are: 2M, 1G, node0:2M, node0:1G, node1:2M, node1:1G")]
    [InlineData(StaticHugepagesPractice.PracticeId, "1G", "17", StatusCode.FailedPrecondition, "17 more pages take 17825792 kB, and MemAvailable is 16777216 kB (/proc/meminfo)")]
    [InlineData(StaticHugepagesPractice.PracticeId, "node1:1G", "9", StatusCode.FailedPrecondition, "MemTotal is 8388608 kB (/sys/devices/system/node/node1/meminfo)")]
    [InlineData("no-practice", "x", "1", StatusCode.NotFound, "no practice 'no-practice' here; known: halt-polling, kworker-isolation, transparent-hugepages, static-hugepages, vtpm-state, libvirt-auth")]
    public async Task Plan_WhatCannotBe_IsRefusedByName(string practice, string setting, string value, StatusCode code, string message)
    {
        await using var host = _tree.Open();

        var e = await Assert.ThrowsAsync<RpcException>(() => host.PlanAsync(Plan(practice, false, (setting, value)), default));

        Assert.Equal(code, e.StatusCode);
        Assert.Contains(message, e.Status.Detail);
    }

    [Theory]
    [InlineData("ff", Verdict.Absent, "kworkers may run on all CPUs (0-5)")]
    [InlineData("3f", Verdict.Absent, "kworkers may run on all CPUs (0-5)")]
    [InlineData("00000003", Verdict.Effective, "run on 0-1 of 0-5; 1 have other CPUs yet")]
    public async Task Observe_Kworkers_SaysWhereTheyRun(string mask, Verdict verdict, string reason)
    {
        _tree.Write(Cpumask, mask + "\n");
        _tree.Write("/proc/10/comm", "kworker/u16:0-events_unbound\n");
        _tree.Write("/proc/10/status", "Name:\tkworker/u16:0\nCpus_allowed_list:\t0-7\n");
        _tree.Write("/proc/11/comm", "kworker/3:1-events\n");
        _tree.Write("/proc/11/status", "Cpus_allowed_list:\t3\n");

        var observation = await ObserveAsync(KworkerIsolationPractice.PracticeId);

        Assert.Equal(verdict, observation.Verdict);
        Assert.Contains(reason, observation.Reason);
    }

    [Theory]
    [InlineData("2-5\n", "(null)\n", "CPUs 2 are isolated")]
    [InlineData("\n", "1-5\n", "CPUs 1-2 are isolated")]
    [InlineData("2\n", "1\n", "CPUs 1-2 are isolated")]
    [InlineData("\n", "(null)\n", null)]
    public async Task Plan_KworkersOnIsolatedCpus_AreWarnedOf(string isolated, string tickless, string? warning)
    {
        _tree.Write("/sys/devices/system/cpu/isolated", isolated);
        _tree.Write("/sys/devices/system/cpu/nohz_full", tickless);
        await using var host = _tree.Open();

        var warnings = (await host.PlanAsync(HostTree.Plan(KworkerIsolationPractice.PracticeId, false, ("cpumask", "0-2")), default)).Plan.Warnings;

        Assert.Equal(warning is null ? 1 : 2, warnings.Count);
        Assert.StartsWith(warning ?? "", warnings[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_WhatIsInTheWayOfAnotherPractice_IsWarnedOf()
    {
        _tree.Write("/sys/devices/system/cpu/isolated", "2-5\n");
        _tree.WritePool("/sys/kernel/mm/hugepages/hugepages-2048kB", 512, 512);
        await using var host = _tree.Open();

        var kworkers = (await host.PlanAsync(HostTree.Plan(KworkerIsolationPractice.PracticeId, false, ("cpumask", "0-2")), default)).Plan.Warnings;
        var pages = (await host.PlanAsync(HostTree.Plan(TransparentHugepagesPractice.PracticeId, false, ("enabled", "always")), default)).Plan.Warnings;

        Assert.Contains(kworkers, static w => w.StartsWith("CPUs 2 are isolated", StringComparison.Ordinal));
        Assert.Contains(pages, static w => w.StartsWith("static huge pages are reserved (2M): VMs on them take nothing from transparent ones", StringComparison.Ordinal));
        Assert.Empty((await host.PlanAsync(HostTree.Plan(TransparentHugepagesPractice.PracticeId, false, ("enabled", "never")), default)).Plan.Warnings);
    }

    [Fact]
    public async Task Observe_ValueChangedByOthers_HasDrifted()
    {
        await using var host = _tree.Open();
        await host.ApplyAsync(Apply("a", HaltPollingPractice.PracticeId, true, ("halt_poll_ns", "400000")), default);
        _tree.Write(HaltPollNs, "0\n");

        var drifted = (await host.ObserveAsync(new ObserveRequest { Practices = { HaltPollingPractice.PracticeId } }, default)).Observations[0];

        Assert.Equal(Verdict.Drifted, drifted.Verdict);
        Assert.Contains("halt_poll_ns was set to 400000 by operation a and is 0 now", drifted.Reason);
        var refused = await Assert.ThrowsAsync<RpcException>(() => host.UndoAsync(new UndoRequest { OperationId = "u" }, default));
        Assert.Contains("halt_poll_ns was set to '400000' and is '0' now", refused.Status.Detail);
    }

    [Fact]
    public async Task Observe_AfterABoot_OnlyWhatPersistsIsOurs()
    {
        await using (var host = _tree.Open())
        {
            await host.ApplyAsync(Apply("a", HaltPollingPractice.PracticeId, false, ("halt_poll_ns", "400000")), default);
            await host.ApplyAsync(Apply("b", TransparentHugepagesPractice.PracticeId, true, ("enabled", "never")), default);
        }

        _tree.Boot("5b0c2c0e-0000-4000-8000-000000000002");
        _tree.Write(HaltPollNs, "200000\n");
        _tree.Write(Enabled, "always [madvise] never\n");

        Assert.Equal(Verdict.Effective, (await ObserveAsync(HaltPollingPractice.PracticeId)).Verdict);
        var pending = await ObserveAsync(TransparentHugepagesPractice.PracticeId);
        Assert.Equal(Verdict.Pending, pending.Verdict);
        Assert.Equal("enabled is madvise and will be never after the next boot (/etc/tmpfiles.d/guesttune-transparent-hugepages.conf)", pending.Reason);
    }

    [Fact]
    public async Task Plan_KvmBuiltIn_PersistsByTmpfiles()
    {
        File.Delete(_tree.PathOf("/sys/module/kvm/initstate"));
        await using var host = _tree.Open();

        var plan = (await host.PlanAsync(Plan(HaltPollingPractice.PracticeId, true, ("halt_poll_ns", "0")), default)).Plan;

        Assert.Equal(["halt_poll_ns", "tmpfiles.d:halt_poll_ns"], plan.Changes.Select(c => c.Item));
        Assert.Equal(TakesEffect.AfterHostReboot, plan.Changes[1].TakesEffect);
    }

    [Fact]
    public async Task Plan_OtherFilesAndKernels_AreWarnedOf()
    {
        _tree.Write("/proc/sys/kernel/osrelease", "5.10.0-60.oe2203.x86_64\n");
        _tree.Write("/etc/modprobe.d/zz.conf", "options kvm halt_poll_ns=7\n");
        await using var host = _tree.Open();

        var lasting = (await host.PlanAsync(Plan(HaltPollingPractice.PracticeId, true, ("halt_poll_ns", "0")), default)).Plan;
        var passing = (await host.PlanAsync(Plan(HaltPollingPractice.PracticeId, false, ("halt_poll_ns", "0")), default)).Plan;

        Assert.Contains("VMs that run now may keep the halt_poll_ns that they were started with", lasting.Warnings[0]);
        Assert.Contains("/etc/modprobe.d/zz.conf sets halt_poll_ns to 7 at boot, and may count before /etc/modprobe.d/guesttune-kvm.conf", lasting.Warnings[1]);
        Assert.Contains("after the next boot halt_poll_ns will be 7 (/etc/modprobe.d/zz.conf), since --persist was not given", passing.Warnings[1]);
    }

    [Fact]
    public async Task Plan_ReadOnlyParameter_IsRefused()
    {
        File.SetUnixFileMode(_tree.PathOf(HaltPollNs), UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        await using var host = _tree.Open();

        var e = await Assert.ThrowsAsync<RpcException>(() => host.PlanAsync(Plan(HaltPollingPractice.PracticeId, false, ("halt_poll_ns", "0")), default));

        Assert.Equal($"halt_poll_ns cannot be changed: {HaltPollNs} is read-only for everybody in this kernel, root included", e.Status.Detail);
    }

    [Fact]
    public async Task Observe_WhatThisHostHasNot_IsNotApplicable()
    {
        Directory.Delete(_tree.PathOf("/sys"), recursive: true);
        await using var host = _tree.Open();

        var observations = (await host.ObserveAsync(new ObserveRequest(), default)).Observations;

        Assert.Equal(6, observations.Count);
        Assert.All(observations, o => Assert.Equal(Verdict.NotApplicable, o.Verdict));
        Assert.Contains("KVM is not loaded (modprobe kvm)", observations[0].Reason);
    }

    private async Task<Observation> ObserveAsync(string practice)
    {
        await using var host = _tree.Open();
        return (await host.ObserveAsync(new ObserveRequest { Practices = { practice } }, default)).Observations[0];
    }

    /// <summary>Values of the kernel by their meaning: what was written back has no list of choices around it.</summary>
    private string Snapshot() => string.Join('\n', Directory.GetFiles(_tree.Path, "*", SearchOption.AllDirectories)
        .Where(f => !f.StartsWith(_tree.PathOf("/state"), StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)
        .Select(f => $"{f}={Chosen(File.ReadAllText(f))}"));

    private static string Chosen(string text) => text.Contains('[', StringComparison.Ordinal) && text.Contains("never", StringComparison.Ordinal) ? text[(text.IndexOf('[', StringComparison.Ordinal) + 1)..text.IndexOf(']', StringComparison.Ordinal)] + "\n" : text;
}
