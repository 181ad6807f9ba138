using GuestTune.Controller.DomainXml;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.Practices;

namespace GuestTune.HostController.Tests.Domains;

/// <summary>Practices that are one item or two, on domains in memory and trees of /proc and /sys.</summary>
public sealed class DomainPracticesTests : IDisposable
{
    private const string Xml = """
        <domain type='kvm'>
          <name>vm1</name>
          <uuid>UUID</uuid>
          <memory unit='KiB'>1572864</memory>
          <vcpu>2</vcpu>
          <cputune>
            <vcpupin vcpu='0' cpuset='2'/>
            <vcpupin vcpu='1' cpuset='3'/>
          </cputune>
          <os firmware='efi'>
            <type arch='x86_64' machine='q35'>hvm</type>
          </os>
          <cpu mode='host-passthrough'/>
          <devices>
            <emulator>/usr/bin/qemu-system-x86_64</emulator>
          </devices>
        </domain>
        """;

    private const string SelinuxHost = "<capabilities><host><secmodel><model>selinux</model></secmodel><secmodel><model>dac</model></secmodel></host></capabilities>";

    private const string NoSwtpm = "<domainCapabilities><devices><tpm supported='yes'><enum name='model'><value>tpm-tis</value><value>tpm-crb</value></enum><enum name='backendModel'><value>passthrough</value></enum></tpm></devices></domainCapabilities>";

    private readonly TemporaryDirectory _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void HugePages_MemoryOfOddSize_IsRefusedForPagesOf1G()
    {
        using var fixture = Create();

        var e = Assert.Throws<PracticeException>(() => fixture.PlanForced("static-hugepages", ("size", "1G")));

        Assert.Contains("1536 MiB of memory are no whole number of pages of 1G", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void HugePages_PoolTooSmallOrNotMounted_IsRefusedUnlessForced()
    {
        using var fixture = Create();

        var mount = Assert.Throws<PracticeException>(() => fixture.Plan("static-hugepages", ("size", "2M")));
        _root.Write("proc/mounts", "none /dev/hugepages hugetlbfs rw,relatime,pagesize=2M 0 0\n");
        fixture.Domain.Free = static (_, _) => 100;
        var pool = Assert.Throws<PracticeException>(() => fixture.Plan("static-hugepages", ("size", "2M")));
        var forced = fixture.PlanForced("static-hugepages", ("size", "2M"));

        Assert.Contains("hugetlbfs is not mounted for pages of 2M", mount.Message, StringComparison.Ordinal);
        Assert.Contains("takes 768 pages of 2M, and 200 are free, of a pool of 1024", pool.Message, StringComparison.Ordinal);
        Assert.Equal("<hugepages><page size=\"2048\" unit=\"KiB\" /></hugepages>", Assert.Single(forced.Changes).After);
    }

    [Fact]
    public void HugePages_NodesThatTheGuestHasNot_AreRefused()
    {
        using var fixture = Create();

        Assert.Contains("it has none", Assert.Throws<PracticeException>(() => fixture.Plan("static-hugepages", ("size", "2M"), ("nodes", "0"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void HugePages_TwoProcessesClaimToBeTheDomain_ProveNothing()
    {
        using var fixture = Create(Xml.Replace("<vcpu>2</vcpu>", "<memoryBacking><hugepages/></memoryBacking><vcpu>2</vcpu>", StringComparison.Ordinal), isRunning: true);
        Process(fixture, 77, "-mem-prealloc");
        Process(fixture, 78, "-mem-prealloc");
        _root.Write("proc/77/smaps_rollup", "Private_Hugetlb:    1572864 kB\n");

        Assert.Equal(Verdict.Configured, fixture.Observe("static-hugepages").Verdict);
    }

    [Theory]
    [InlineData("smaps_rollup", "Private_Hugetlb:    1572864 kB\n", Verdict.Effective)]
    [InlineData("smaps_rollup", "Private_Hugetlb:          0 kB\n", Verdict.Failed)]
    [InlineData("status", "HugetlbPages:\t 1572864 kB\n", Verdict.Effective)]
    [InlineData("status", "HugetlbPages:\t       0 kB\n", Verdict.Failed)]
    public void HugePages_OfARunningDomain_AreProvenByItsProcess(string file, string counts, Verdict verdict)
    {
        using var fixture = Create(Xml.Replace("<vcpu>2</vcpu>", "<memoryBacking><hugepages/></memoryBacking><vcpu>2</vcpu>", StringComparison.Ordinal), isRunning: true);
        Process(fixture, 77, "-mem-prealloc");
        _root.Write($"proc/77/{file}", "Rss: 1 kB\n" + counts);

        Assert.Equal(verdict, fixture.Observe("static-hugepages").Verdict);
    }

    [Fact]
    public void DedicatedHint_PinnedVcpus_IsSetAndProven()
    {
        using var fixture = Create();

        var answer = fixture.Apply("o1", "dedicated-hint", ("enabled", "true"), ("poll-control", "true"));
        Assert.Equal(Verdict.Configured, answer.Observation.Verdict);
        fixture.Domain.Live = fixture.Domain.Persistent;
        Process(fixture, 77, "host,kvm-hint-dedicated=on,kvm-poll-control=on");

        Assert.Equal(Verdict.Effective, fixture.Observe("dedicated-hint").Verdict);
    }

    [Theory]
    [InlineData("<vcpupin vcpu='1' cpuset='3'/>", "", "vCPU 1 is not pinned")]
    [InlineData("<vcpupin vcpu='1' cpuset='3'/>", "<vcpupin vcpu='1' cpuset='2-3'/>", "vCPUs 0 and 1 share host CPUs")]
    [InlineData("host-passthrough", "host-model", "<cpu mode='host-passthrough'/> only")]
    [InlineData("x86_64' machine", "aarch64' machine", "on x86 only")]
    public void DedicatedHint_PromiseThatIsNotKept_IsRefused(string part, string other, string reason)
    {
        using var fixture = Create(Xml.Replace(part, other, StringComparison.Ordinal));

        Assert.Contains(reason, Assert.Throws<PracticeException>(() => fixture.Plan("dedicated-hint", ("enabled", "true"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<vcpu>2</vcpu>", "<vcpu cpuset='6'>1</vcpu>", null)]
    [InlineData("<vcpu>2</vcpu>", "<vcpu placement='static' cpuset='6-7'>2</vcpu>", "vCPUs 0 and 1 share host CPUs (6-7 and 6-7)")]
    [InlineData("<vcpu>2</vcpu>", "<vcpu placement='auto' cpuset='6'>1</vcpu>", "vCPU 0 is not pinned")]
    [InlineData("<vcpu>2</vcpu>", "<vcpu cpuset='4'>1</vcpu>", "host CPUs 4 are those of vm2's vCPUs, too")]
    public void DedicatedHint_CpusetOfTheVcpus_IsThePinOfThoseThatHaveNone(string part, string other, string? reason)
    {
        using var fixture = Create(Xml.Replace("vcpupin", "emulatorpin", StringComparison.Ordinal).Replace(part, other, StringComparison.Ordinal));
        fixture.Domain.Others.Add(new DomainDefinition(Guid.NewGuid(), "vm2", "<domain type='kvm'><vcpu cpuset='3-4'>2</vcpu><cputune><vcpupin vcpu='0' cpuset='3'/></cputune></domain>"));

        var e = Record.Exception(() => fixture.Plan("dedicated-hint", ("enabled", "true")));

        Assert.Equal(reason is null, e is null);
        Assert.Contains(reason ?? "", e?.Message ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<domain type='kvm'>", false)]
    [InlineData("<domain type='kvm' id='9'>", true)]
    public void DedicatedHint_HostCpusOfAnotherDomain_AreNotItsOwn(string other, bool hasFailed)
    {
        using var fixture = Create();
        fixture.Domain.Others.Add(new DomainDefinition(Guid.NewGuid(), "vm2", other + "<cputune><vcpupin vcpu='0' cpuset='3-4'/></cputune></domain>"));

        Assert.Contains("host CPUs 3 are those of vm2's vCPUs, too", Assert.Throws<PracticeException>(() => fixture.Plan("dedicated-hint", ("enabled", "true"))).Message, StringComparison.Ordinal);
        fixture.ApplyForced("o1", "dedicated-hint", ("enabled", "true"), ("poll-control", "true"));
        fixture.Domain.Live = fixture.Domain.Persistent;
        Process(fixture, 77, "host,kvm-hint-dedicated=on,kvm-poll-control=on");
        Assert.Equal(hasFailed ? Verdict.Failed : Verdict.Effective, fixture.Observe("dedicated-hint").Verdict);
    }

    [Fact]
    public void DedicatedHint_DomainWhoseDefinitionIsNotKnown_IsNamedAndAskedForOnce()
    {
        using var fixture = Create();
        fixture.Domain.Others.Add(new DomainDefinition(Guid.NewGuid(), "vm2", Xml: null, "it is too large"));

        var warnings = fixture.Plan("dedicated-hint", ("enabled", "true"), ("poll-control", "true")).Warnings;
        fixture.Apply("o1", "dedicated-hint", ("enabled", "true"), ("poll-control", "true"));
        fixture.Domain.Live = fixture.Domain.Persistent;
        Process(fixture, 77, "host,kvm-hint-dedicated=on,kvm-poll-control=on");
        var observation = fixture.Observe("dedicated-hint");

        Assert.Equal(["whether vm2's vCPUs have its host CPUs, too, is not known: it is too large"], warnings);
        Assert.Equal(Verdict.Effective, observation.Verdict);
        Assert.Contains(observation.Facts, static f => f is { Name: "host CPUs of vm2's vCPUs", Value: null, Problem: "it is too large" });
        Assert.Equal(1, fixture.Domain.DefinitionsCount);
    }

    [Fact]
    public void DedicatedHint_KworkersOnItsCpus_AreWarnedOfAndEvidence()
    {
        using var fixture = Create();
        _root.Write("sys/devices/virtual/workqueue/cpumask", "f\n");

        var warnings = fixture.Plan("dedicated-hint", ("enabled", "true"), ("poll-control", "true")).Warnings;
        fixture.Apply("o1", "dedicated-hint", ("enabled", "true"), ("poll-control", "true"));
        var facts = fixture.Observe("dedicated-hint").Facts;

        Assert.Contains("kworkers may run on host CPUs 2-3, which are its vCPUs'", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Equal(["2-3", "0-3"], facts.Where(static f => f.Name.StartsWith("host CPUs of ", StringComparison.Ordinal)).Select(static f => f.Value));
    }

    [Fact]
    public void DedicatedHint_WithoutPollControl_Warns()
    {
        using var fixture = Create();

        Assert.Contains("both the guest and the host poll", Assert.Single(fixture.Plan("dedicated-hint", ("enabled", "true")).Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("system_u:system_r:svirt_t:s0:c200,c947", "system_u:system_r:svirt_t:s0:c1,c2", Verdict.Effective, "no other VM has its categories")]
    [InlineData("system_u:system_r:svirt_t:s0:c200,c947", "system_u:system_r:svirt_t:s0:c200,c947", Verdict.Failed, "they can reach one another's files")]
    [InlineData("system_u:system_r:virtd_t:s0-s0:c0.c1023", "x", Verdict.Failed, "not as svirt_t")]
    public void Svirt_OfARunningDomain_IsProvenByTheLabelOfItsProcess(string label, string other, Verdict verdict, string reason)
    {
        using var fixture = Create(isRunning: true);
        fixture.Domain.HostCapabilities = SelinuxHost;
        _root.Write("sys/fs/selinux/enforce", "1");
        Process(fixture, 77);
        _root.Write("proc/77/attr/current", label + "\0");
        _root.Write("proc/78/cmdline", $"/usr/bin/qemu-kvm\0-uuid\0{Guid.NewGuid()}\0");
        _root.Write("proc/78/attr/current", other + "\0");

        var observation = fixture.Observe("svirt");

        Assert.Equal(verdict, observation.Verdict);
        Assert.Contains(reason, observation.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<seclabel type='none' model='selinux'/>")]
    [InlineData("<seclabel type='none'/>")]
    public void Svirt_TypeNone_IsFailedAndCanBeReplaced(string label)
    {
        using var fixture = Create(Xml.Replace("</devices>", $"</devices>{label}", StringComparison.Ordinal));
        fixture.Domain.HostCapabilities = SelinuxHost;
        _root.Write("sys/fs/selinux/enforce", "1");
        var before = fixture.Canonical;
        Assert.Equal(Verdict.Failed, fixture.Observe("svirt").Verdict);

        Assert.Equal(Verdict.Configured, fixture.Apply("o1", "svirt", ("label", "dynamic")).Observation.Verdict);
        fixture.Undo("u1");

        Assert.Equal(before, fixture.Canonical);
    }

    [Theory]
    [InlineData(SelinuxHost, "0", Verdict.Failed, "permissive")]
    [InlineData(SelinuxHost, null, Verdict.Failed, "selinux=0 on its kernel command line")]
    [InlineData("<capabilities><host/></capabilities>", null, Verdict.Failed, "selinux=0 on its kernel command line")]
    [InlineData("<capabilities><host/></capabilities>", null, Verdict.Failed, "runs without SELinux: SELINUX=enforcing", "", "SELINUX=disabled\n")]
    [InlineData("<capabilities><host/></capabilities>", null, Verdict.NotApplicable, "has no SELinux", "")]
    [InlineData("<capabilities><host><secmodel><model>apparmor</model></secmodel></host></capabilities>", null, Verdict.NotApplicable, "its security models are apparmor")]
    [InlineData("<capabilities><host/></capabilities>", "1", Verdict.Failed, "libvirt does not use it")]
    public void Svirt_HostWithoutEnforcing_SaysWhatIsMissing(
        string capabilities, string? enforce, Verdict verdict, string reason, string argument = "selinux=0", string? configuration = null)
    {
        using var fixture = Create();
        fixture.Domain.HostCapabilities = capabilities;
        _root.Write("proc/cmdline", $"BOOT_IMAGE=/vmlinuz ro {argument}\n");
        if (configuration is not null)
        {
            _root.Write("etc/selinux/config", configuration);
        }

        if (enforce is not null)
        {
            _root.Write("sys/fs/selinux/enforce", enforce);
        }

        var observation = fixture.Observe("svirt");

        Assert.Equal(verdict, observation.Verdict);
        Assert.Contains(reason, observation.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Svirt_HostWithoutSelinux_RefusesTheLabel()
    {
        using var fixture = Create();

        Assert.Contains("security model selinux, and libvirt has none", Assert.Throws<PracticeException>(() => fixture.Plan("svirt", ("label", "dynamic"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x86_64", "firmware='efi'", "2.0", "tpm-crb")]
    [InlineData("x86_64", "", "2.0", "tpm-tis")]
    [InlineData("x86_64", "firmware='efi'", "1.2", "tpm-tis")]
    [InlineData("aarch64", "firmware='efi'", "2.0", "tpm-tis-device")]
    public void VirtualTpm_WithoutAModel_HasThatOfArchitectureAndFirmware(string architecture, string firmware, string version, string model)
    {
        using var fixture = Create(Xml.Replace("x86_64' machine", $"{architecture}' machine", StringComparison.Ordinal).Replace("firmware='efi'", firmware, StringComparison.Ordinal));

        Assert.Contains($"model=\"{model}\"", Assert.Single(fixture.Plan("vtpm", ("version", version)).Changes).After, StringComparison.Ordinal);
    }

    [Fact]
    public void VirtualTpm_NoSwtpm_IsRefusedUnlessForced()
    {
        using var fixture = Create();
        fixture.Domain.CapabilitiesOfDomain = NoSwtpm;

        Assert.Contains("finds no swtpm", Assert.Throws<PracticeException>(() => fixture.Plan("vtpm", ("enabled", "true"))).Message, StringComparison.Ordinal);
        Assert.Contains("has no tpm-spapr", Assert.Throws<PracticeException>(() => fixture.PlanForced("vtpm", ("model", "tpm-spapr"))).Message, StringComparison.Ordinal);
        Assert.Contains("finds no swtpm", Assert.Single(fixture.PlanForced("vtpm", ("enabled", "true")).Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void VirtualTpm_OtherVersionOrKind_IsRefused()
    {
        using var old = Create(Xml.Replace("</emulator>", "</emulator><tpm model='tpm-tis'><backend type='emulator' version='1.2'><encryption secret='x'/></backend></tpm>", StringComparison.Ordinal));
        using var passed = Create(Xml.Replace("</emulator>", "</emulator><tpm model='tpm-tis'><backend type='passthrough'/></tpm>", StringComparison.Ordinal));

        Assert.Contains("begins empty", Assert.Throws<PracticeException>(() => old.Plan("vtpm", ("version", "2.0"))).Message, StringComparison.Ordinal);
        Assert.Equal("xml:devices/tpm/backend/@version", Assert.Single(old.PlanForced("vtpm", ("version", "2.0")).Changes).Item);
        Assert.Contains("of another kind (passthrough)", Assert.Throws<PracticeException>(() => passed.Plan("vtpm", ("enabled", "true"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void VirtualTpm_OfARunningDomain_IsShownAndProven()
    {
        using var fixture = Create(Xml.Replace("</emulator>", "</emulator><tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>", StringComparison.Ordinal), isRunning: true);
        Process(fixture, 77, "-tpmdev");

        var observation = fixture.Observe("vtpm");

        Assert.Equal(Verdict.Effective, observation.Verdict);
        Assert.Equal(["tpm-crb", "tpm-crb", "2.0", "2.0", "emulator", "emulator"], observation.Facts.Select(static f => f.Value));
    }

    [Fact]
    public void AgentChannel_WithoutAController_CountsAfterAPowerCycleAndGoesWhole()
    {
        using var fixture = Create(isRunning: true);
        var before = fixture.Canonical;

        var plan = fixture.Plan("agent-channel", ("enabled", "true"));
        Assert.Contains("no virtio-serial controller", Assert.Single(plan.Warnings), StringComparison.Ordinal);
        Assert.All(plan.Changes, static c => Assert.Equal(TakesEffect.AfterPowerCycle, c.TakesEffect));
        Assert.Equal(Verdict.Pending, fixture.Apply("o1", "agent-channel", ("enabled", "true")).Observation.Verdict);
        fixture.Undo("u1");

        Assert.Equal(before, fixture.Canonical);
    }

    [Fact]
    public void AgentChannel_WithAController_IsThereAtOnce()
    {
        using var fixture = Create(Xml.Replace("</emulator>", "</emulator><controller type='virtio-serial' index='0'/>", StringComparison.Ordinal), isRunning: true);

        var answer = fixture.Apply("o1", "agent-channel", ("enabled", "true"));

        Assert.Contains(answer.Operation.Outcomes, static o => o is { Change: { Item: "live:channel", TakesEffect: TakesEffect.Now }, State: ChangeState.Verified });
        Assert.Contains("org.guesttune.agent.0", fixture.Domain.Live, StringComparison.Ordinal);
        fixture.Undo("u1");
        Assert.DoesNotContain("org.guesttune.agent.0", fixture.Domain.Live, StringComparison.Ordinal);
    }

    [Fact]
    public void AgentChannel_OfAnotherType_IsRefused()
    {
        using var fixture = Create(Xml.Replace("</emulator>", "</emulator><channel type='pty'><target type='virtio' name='org.guesttune.agent.0'/></channel>", StringComparison.Ordinal));

        Assert.Contains("type 'pty'", Assert.Throws<PracticeException>(() => fixture.Plan("agent-channel", ("enabled", "true"))).Message, StringComparison.Ordinal);
        Assert.Equal(Verdict.Failed, fixture.Observe("agent-channel").Verdict);
    }

    private DomainFixture Create(string xml = Xml, bool isRunning = false)
    {
        var fixture = new DomainFixture(xml, root: _root.Path);
        fixture.Domain.Persistent = xml.Replace("UUID", $"{fixture.Domain.Uuid}", StringComparison.Ordinal);
        fixture.Domain.Live = isRunning ? fixture.Domain.Persistent : null;
        return fixture;
    }

    private void Process(DomainFixture fixture, int id, params string[] arguments) =>
        _root.Write($"proc/{id}/cmdline", string.Concat(new[] { "/usr/bin/qemu-system-x86_64", "-uuid", $"{fixture.Domain.Uuid}" }.Concat(arguments).Select(static a => a + "\0")));
}
