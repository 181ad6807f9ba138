using GuestTune.Controller.Libvirt;
using GuestTune.Practices;

namespace GuestTune.HostController.Tests.Domains;

public sealed class IOThreadsPracticeTests
{
    private const string Stopped = """
        <domain type='kvm'>
          <name>vm1</name>
          <memory unit='KiB'>1048576</memory>
          <vcpu placement='static'>2</vcpu>
          <cputune>
            <vcpupin vcpu='0' cpuset='0-1'/>
            <vcpupin vcpu='1' cpuset='0-1'/>
          </cputune>
          <devices>
            <disk type='file' device='disk'>
              <driver name='qemu' type='raw'/>
              <source file='/a'/>
              <target dev='vda' bus='virtio'/>
            </disk>
            <disk type='file' device='disk'>
              <driver name='qemu' type='raw'/>
              <source file='/b'/>
              <target dev='sda' bus='scsi'/>
              <address type='drive' controller='0' bus='0' target='0' unit='0'/>
            </disk>
            <controller type='scsi' index='0' model='virtio-scsi'/>
            <controller type='scsi' index='1' model='virtio-scsi'/>
            <graphics type='vnc' passwd='secret'/>
          </devices>
        </domain>
        """;

    private static readonly string Running = Stopped.Replace("<domain type='kvm'>", "<domain type='kvm' id='3'>", StringComparison.Ordinal);

    [Fact]
    public void Apply_Auto_GivesEachDiskAThreadOutsideTheVcpusOfItsNode()
    {
        using var fixture = new DomainFixture(Stopped);

        var answer = fixture.Apply("o1", "iothreads", ("auto", "true"));

        Assert.Equal(OperationState.Done, answer.Operation.State);
        Assert.Equal(
            ["xml:iothreads/text() 2", "xml:devices/disk[target/@dev='vda']/driver/@iothread 1", "xml:devices/controller[@type='scsi'][@index='0']/driver/@iothread 2", "xml:cputune/iothreadpin[@iothread='1']/@cpuset 2-7", "xml:cputune/iothreadpin[@iothread='2']/@cpuset 2-7"],
            answer.Operation.Outcomes.Select(static o => $"{o.Change.Item} {o.Change.After}"));
        Assert.Equal(1, fixture.Domain.DefineCount);
        Assert.Contains("passwd=\"secret\"", fixture.Domain.Persistent, StringComparison.Ordinal);
        Assert.Equal(Verdict.Configured, answer.Observation.Verdict);
    }

    [Fact]
    public void Pin_OnCpusOfVcpus_IsWarnedOfAndEvidence()
    {
        using var fixture = new DomainFixture(Stopped);
        (string, string)[] settings = [("count", "2"), ("pin", "1=1-3 2=4")];

        Assert.Contains("IOThread 1 runs on host CPUs 1, which are the vCPUs'", fixture.Plan("iothreads", settings).Warnings);
        fixture.Apply("o1", "iothreads", settings);
        Assert.Equal("IOThread 1 runs on host CPUs 1, which are the vCPUs'", Assert.Single(fixture.Observe("iothreads").Facts, static f => f.Name == "shared host CPUs").Value);
        fixture.Apply("o2", "iothreads", ("auto", "true"));
        Assert.DoesNotContain(fixture.Observe("iothreads").Facts, static f => f.Name == "shared host CPUs");
    }

    [Fact]
    public void Pin_WhereVcpusHaveAllCpusOfTheirNode_CanOnlyBeTakenAway()
    {
        var whole = Running.Replace("cpuset='0-1'", "cpuset='0-7'", StringComparison.Ordinal);
        using var fixture = new DomainFixture(whole.Replace(" id='3'", "", StringComparison.Ordinal), whole);
        fixture.Apply("o1", "iothreads", ("count", "2"), ("pin", "1=1 2=2"));
        Assert.Equal("1-2", Assert.Single(fixture.Observe("iothreads").Facts, static f => f.Name == "IOThreads without host CPUs outside the vCPUs'").Value);

        fixture.Apply("o2", "iothreads", ("auto", "true"));
        Assert.Contains(fixture.Observe("iothreads").Facts, static f => f.Name == "shared host CPUs");
        fixture.Apply("o3", "iothreads", ("pin", "1=none 2=none"));
        Assert.DoesNotContain(fixture.Observe("iothreads").Facts, static f => f.Name == "shared host CPUs");
    }

    [Fact]
    public void Pin_OnTheCpusetOfVcpusWithoutAPin_IsOnTheirCpus()
    {
        using var fixture = new DomainFixture(Stopped.Replace("static'>2", "static' cpuset='4'>3", StringComparison.Ordinal));

        Assert.Contains("IOThread 1 runs on host CPUs 4, which are the vCPUs'", fixture.Plan("iothreads", ("count", "1"), ("pin", "1=3-4")).Warnings);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Observe_ThreadsThatServeNoDisk_AreAbsent(bool isRunning)
    {
        var idle = Stopped.Replace("<cputune>", "<iothreads>2</iothreads><cputune>", StringComparison.Ordinal);
        using var fixture = new DomainFixture(idle, isRunning ? idle : null);

        var observation = fixture.Observe("iothreads");

        Assert.Equal((Verdict.Absent, "QEMU's main loop serves all disks: none is given to IOThread 1-2"), (observation.Verdict, observation.Reason));
    }

    [Fact]
    public void Apply_Twice_IsApplyOnce()
    {
        using var fixture = new DomainFixture(Stopped);
        fixture.Apply("o1", "iothreads", ("auto", "true"));
        var once = fixture.Canonical;

        Assert.Equal(OperationState.Unchanged, fixture.Apply("o2", "iothreads", ("auto", "true")).Operation.State);
        Assert.True(fixture.Apply("o1", "iothreads", ("auto", "true")).Repeated);
        Assert.Equal(once, fixture.Canonical);
        Assert.Equal(1, fixture.Domain.DefineCount);
    }

    [Fact]
    public void Undo_AfterApplyOnARunningDomain_PutsBackDefinitionAndRunningDomain()
    {
        using var fixture = new DomainFixture(Stopped, Running);
        var before = fixture.Domain.Persistent;

        var applied = fixture.Apply("o1", "iothreads", ("count", "2"), ("assign", "vda=1"), ("pin", "1=2-3 2=4"));
        Assert.Equal(OperationState.Done, applied.Operation.State);
        Assert.Contains(applied.Operation.Outcomes, static o => o.Change is { Item: "live:iothreadpin/1", After: "2-3", TakesEffect: TakesEffect.Now });
        Assert.Contains(applied.Operation.Outcomes, static o => o.Change is { Item: "xml:devices/disk[target/@dev='vda']/driver/@iothread", TakesEffect: TakesEffect.AfterPowerCycle });
        Assert.Equal(Verdict.Pending, applied.Observation.Verdict);
        Assert.Contains("vda is served by the main loop now and will be by IOThread 1", applied.Observation.Reason, StringComparison.Ordinal);
        Assert.Equal([1, 2], fixture.Domain.LiveIOThreads().Select(static t => t.Id));

        var undone = fixture.Undo("u1");

        Assert.Equal(OperationState.Done, undone.Operation.State);
        Assert.Equal(XmlText(before), XmlText(fixture.Domain.Persistent));
        Assert.Empty(fixture.Domain.LiveIOThreads());
        Assert.Equal(Verdict.Absent, undone.Observation.Verdict);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Undo_AfterAPowerCycle_PutsBackTheDefinitionAlone(bool isRunning)
    {
        using var fixture = new DomainFixture(Stopped, Running);
        fixture.Apply("o1", "iothreads", ("count", "1"), ("assign", "vda=1"));
        fixture.Domain.Live = fixture.Domain.Persistent.Replace("<domain type=\"kvm\">", "<domain type=\"kvm\" id=\"4\">", StringComparison.Ordinal);
        Assert.Equal(Verdict.Effective, fixture.Observe("iothreads").Verdict);

        fixture.Domain.Live = isRunning ? fixture.Domain.Live : null;
        var undone = fixture.Undo("u1");

        // The thread serves a disk until the power goes, and libvirt takes none that does.
        Assert.Equal((OperationState.Done, isRunning ? Verdict.Pending : Verdict.Absent), (undone.Operation.State, undone.Observation.Verdict));
        Assert.Equal(XmlText(Stopped), XmlText(fixture.Domain.Persistent));
    }

    [Theory]
    [InlineData("assign", "vda=5", "given IOThread 5, and there would be none")]
    [InlineData("assign", "vda=0", "numbered from 1")]
    [InlineData("assign", "sda=1", "here vda, scsi0, scsi1")]
    [InlineData("pin", "1=0-3", "there are none")]
    public void Plan_WhatCannotBe_IsRefusedByName(string setting, string value, string reason)
    {
        using var fixture = new DomainFixture(Stopped);

        var e = Assert.Throws<PracticeException>(() => fixture.Plan("iothreads", (setting, value)));

        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.Equal(0, fixture.Domain.DefineCount);
    }

    [Fact]
    public void Plan_ThreadInUseTakenAway_IsRefused()
    {
        using var fixture = new DomainFixture(Stopped);
        fixture.Apply("o1", "iothreads", ("count", "4"), ("assign", "vda=4"));

        var e = Assert.Throws<PracticeException>(() => fixture.Plan("iothreads", ("count", "3")));

        Assert.Contains("vda is given IOThread 4, and there would be only 1-3", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_PinBeyondTheHost_IsRefusedUnlessForced()
    {
        using var fixture = new DomainFixture(Stopped);

        var e = Assert.Throws<PracticeException>(() => fixture.Plan("iothreads", ("count", "1"), ("pin", "1=16")));
        var forced = fixture.PlanForced("iothreads", ("count", "1"), ("pin", "1=16"));

        Assert.Contains("host CPUs 16, and the host's are 0 to 15", e.Message, StringComparison.Ordinal);
        Assert.Contains("--force", e.Message, StringComparison.Ordinal);
        Assert.Contains("host CPUs 16", Assert.Single(forced.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_RedefinedBySomebodyMeanwhile_ChangesNothing()
    {
        using var fixture = new DomainFixture(Stopped);
        fixture.Domain.BeforeDefine = () => fixture.Domain.Persistent = fixture.Domain.Persistent.Replace("1048576", "2097152", StringComparison.Ordinal);

        var answer = fixture.Apply("o1", "iothreads", ("count", "1"));

        Assert.Equal(OperationState.Failed, answer.Operation.State);
        Assert.Contains("somebody else has redefined vm1", answer.Operation.Error, StringComparison.Ordinal);
        Assert.Equal(0, fixture.Domain.DefineCount);
    }

    [Fact]
    public void Apply_LibvirtRefuses_SaysItsWords()
    {
        using var fixture = new DomainFixture(Stopped);
        fixture.Domain.DefineFailure = new LibvirtException("duplicate iothread id");

        var answer = fixture.Apply("o1", "iothreads", ("count", "1"));

        Assert.Equal(OperationState.Failed, answer.Operation.State);
        Assert.Contains("duplicate iothread id", answer.Operation.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "is transient")]
    [InlineData(false, "is being migrated")]
    public void Plan_DomainThatCannotBeChanged_IsRefused(bool isTransient, string reason)
    {
        using var fixture = new DomainFixture(Stopped, Running);
        fixture.Domain.IsPersistent = !isTransient;
        fixture.Domain.HasJob = !isTransient;

        var e = Assert.Throws<PracticeException>(() => fixture.Plan("iothreads", ("count", "1")));

        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Observe_ChangedBySomebodyElse_IsDrifted()
    {
        using var fixture = new DomainFixture(Stopped);
        fixture.Apply("o1", "iothreads", ("count", "2"));
        fixture.Domain.Persistent = fixture.Domain.Persistent.Replace("<iothreads>2<", "<iothreads>3<", StringComparison.Ordinal);

        var observation = fixture.Observe("iothreads");

        Assert.Equal(Verdict.Drifted, observation.Verdict);
        Assert.Contains("was set to '2' by operation o1 and is '3' now", observation.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_OfADefinition_ShowsItAsADiffWithoutSecrets()
    {
        using var fixture = new DomainFixture(Stopped);

        var plan = fixture.Plan("iothreads", ("count", "2"));

        var file = Assert.Single(plan.Files);
        Assert.Contains("<iothreads>2</iothreads>", file.After, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", file.Before + file.After, StringComparison.Ordinal);
        Assert.Contains("(definition ", Assert.Single(plan.Changes).Target, StringComparison.Ordinal);
    }

    private static string XmlText(string xml) => GuestTune.Controller.DomainXml.Editing.DomainDocument.Parse(xml).ToText();
}
