using System.Globalization;
using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.HostPractices;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.Practice.V1;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using static GuestTune.HostController.Tests.HostPractices.HostTree;
using ChangeState = GuestTune.Practice.V1.ChangeState;
using OperationState = GuestTune.Practice.V1.OperationState;
using Verdict = GuestTune.Practice.V1.Verdict;

namespace GuestTune.HostController.Tests.HostPractices;

public sealed class StaticHugepagesTests : IDisposable
{
    private const string Pool = "/sys/kernel/mm/hugepages/hugepages-2048kB";

    private readonly HostTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public async Task Apply_KernelGivesOnlyAPart_SaysHowManyAndPutsAllBack()
    {
        _tree.WritePool(Pool, 10, 10);
        await using var host = OpenScarce(mostPages: 300);

        var operation = (await host.ApplyAsync(Apply("a", StaticHugepagesPractice.PracticeId, true, ("1G", "1"), ("2M", "512")), default)).Operation;

        Assert.Equal(OperationState.Failed, operation.State);
        Assert.Contains("of 512 pages of 2M the kernel gave 300", operation.Error);
        Assert.Contains("hugepagesz=2M hugepages=512 on the kernel command line", operation.Error);
        Assert.Equal([ChangeState.Reverted, ChangeState.Failed, ChangeState.Skipped, ChangeState.Skipped], operation.Outcomes.Select(o => o.State));
        Assert.Equal("10\n", _tree.Read(Pool + "/nr_hugepages"));
        Assert.Equal("0\n", _tree.Read("/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages"));
    }

    [Fact]
    public async Task Plan_FewerThanAreInUse_IsRefused()
    {
        _tree.WritePool(Pool, 100, 40);
        _tree.Write(Pool + "/resv_hugepages", "5\n");
        await using var host = _tree.Open();

        var e = await Assert.ThrowsAsync<RpcException>(() => host.PlanAsync(Plan(StaticHugepagesPractice.PracticeId, false, ("2M", "64")), default));

        Assert.Contains("2M cannot be 64: 65 of its 100 pages are in use or promised to programs", e.Status.Detail);
        Assert.Single((await host.PlanAsync(Plan(StaticHugepagesPractice.PracticeId, false, ("2M", "65")), default)).Plan.Changes);
    }

    [Fact]
    public async Task Plan_GigabytesAndSysctl_AreWarnedOf()
    {
        _tree.Write("/etc/sysctl.d/90.conf", "# pages\nvm.nr_hugepages = 5\n");
        await using var host = _tree.Open();
        var request = Plan(StaticHugepagesPractice.PracticeId, true, ("1G", "17"));
        request.Desired.Force = true;

        var plan = (await host.PlanAsync(request, default)).Plan;

        Assert.Contains("hugepagesz=1G hugepages=17 on the host's kernel command line is sure to get them", plan.Warnings[0]);
        Assert.Contains("/etc/sysctl.d/90.conf sets vm.nr_hugepages, too", plan.Warnings[1]);
    }

    [Theory]
    [InlineData(0, Verdict.Failed, "the domains vm1, vm2 need 1536 pages of 2M to start, and 0 are free")]
    [InlineData(1535, Verdict.Failed, "need 1536 pages of 2M to start, and 1535 are free")]
    [InlineData(1536, Verdict.Effective, "1536 pages of 2M, 1536 of them free")]
    public async Task Observe_Needs_AreHeldAgainstWhatIsFree(int pages, Verdict verdict, string reason)
    {
        _tree.WritePool(Pool, pages, pages);
        await using var host = _tree.Open(new Needs(
            new DomainHugepages("vm1", 2048, 1024 * 1024, IsRunning: false), new DomainHugepages("vm2", 0, (2 * 1024 * 1024) - 1, IsRunning: false), new DomainHugepages("vm3", 1024 * 1024, 9 * 1024 * 1024, IsRunning: true)));

        var observation = (await host.ObserveAsync(new ObserveRequest { Practices = { StaticHugepagesPractice.PracticeId } }, default)).Observations[0];

        Assert.Equal(verdict, observation.Verdict);
        Assert.Contains(reason, observation.Reason);
        Assert.Contains(observation.Facts, f => f is { Name: "vm3", Value: "9 pages of 1G, running" });
    }

    [Fact]
    public void Read_DomainsOfLibvirt_TellWhatTheyTake()
    {
        _tree.Write("/node.xml", """
            <node>
              <domain type='test'><name>big</name><memory unit='GiB'>3</memory><memoryBacking><hugepages><page size='1' unit='GiB'/></hugepages></memoryBacking><os><type>hvm</type></os></domain>
              <domain type='test'><name>usual</name><memory unit='MiB'>64</memory><memoryBacking><hugepages/></memoryBacking><os><type>hvm</type></os></domain>
              <domain type='test'><name>none</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>
            </node>
            """);

        var needs = new LibvirtDomainHugepages($"test://{_tree.PathOf("/node.xml")}", static () => true, new CallClock()).Read(out var problem);

        Assert.Null(problem);
        Assert.Equal([("big", 1024UL * 1024, 3UL), ("usual", 0UL, 32UL)], needs.OrderBy(static n => n.Domain, StringComparer.Ordinal).Select(static n => (n.Domain, n.PageSizeKiB, n.PagesOf(n.PageSizeKiB == 0 ? 2048 : n.PageSizeKiB))));
        Assert.Empty(new LibvirtDomainHugepages("test:///nowhere.xml", static () => true, TimeProvider.System).Read(out problem));
        Assert.NotNull(problem);
        Assert.Empty(new LibvirtDomainHugepages("test:///default", static () => false, TimeProvider.System).Read(out problem));
        Assert.Equal("no libvirt runs on this host", problem);
    }

    [Fact]
    public async Task Observe_NoHugetlbfs_IsConfiguredOnly()
    {
        _tree.WritePool(Pool, 8, 8);
        _tree.Write("/proc/mounts", "sysfs /sys sysfs rw 0 0\n");
        await using var host = _tree.Open();

        var observation = (await host.ObserveAsync(new ObserveRequest { Practices = { StaticHugepagesPractice.PracticeId } }, default)).Observations[0];

        Assert.Equal((Verdict.Configured, true), (observation.Verdict, observation.Reason.Contains("no hugetlbfs is mounted", StringComparison.Ordinal)));
    }

    private HostTuning OpenScarce(int mostPages)
    {
        var files = _tree.Files;
        return _tree.Open(new StaticHugepagesPractice(files, new HostKernel(files), null, s => new ScarceKnob(new SysfsKnob(files, s.Path, s.Kind), mostPages)));
    }

    /// <summary>Takes any number without an error, as the kernel does, and gives what there is.</summary>
    private sealed class ScarceKnob(IKnob file, int most) : IKnob
    {
        public KnobReading Read() => file.Read();

        public bool AreEqual(string? left, string? right) => file.AreEqual(left, right);

        public void Write(string? value) => file.Write(Math.Min(most, int.Parse(value!, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture));
    }

    private sealed class Needs(params DomainHugepages[] needs) : IDomainHugepages
    {
        public IReadOnlyList<DomainHugepages> Read(out string? problem)
        {
            problem = null;
            return needs;
        }
    }
}
