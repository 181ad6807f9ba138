using GuestTune.Controller.DomainXml;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.Practices;

namespace GuestTune.HostController.Tests.Domains;

public sealed class RawDevicePracticeTests : IDisposable
{
    private const string Xml = """
        <domain type='kvm'>
          <name>vm1</name>
          <memory unit='MiB'>64</memory>
          <iothreads>1</iothreads>
          <devices>
            <disk type='block' device='disk'>
              <driver name='qemu' type='raw' cache='writeback' iothread='1'/>
              <source dev='/dev/sdc'/>
              <target dev='vda' bus='virtio'/>
              <serial>abc</serial>
              <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
            </disk>
            <disk type='file' device='disk'>
              <source file='/var/lib/a.qcow2'/>
              <target dev='vdb' bus='virtio'/>
            </disk>
            <controller type='scsi' index='0' model='lsilogic'/>
          </devices>
        </domain>
        """;

    private readonly TemporaryDirectory _root = new();
    private readonly DomainFixture _fixture;

    public RawDevicePracticeTests()
    {
        _fixture = new DomainFixture(Xml, root: _root.Path);
        Disk("sdc");
    }

    public void Dispose()
    {
        _fixture.Dispose();
        _root.Dispose();
    }

    [Fact]
    public void Apply_DiskOnTheSameDevice_IsSwitchedWithAllElseKeptAndPutBack()
    {
        var before = _fixture.Canonical;

        var answer = _fixture.Apply("o1", "raw-device", ("disk", "vda"), ("mode", "physical"));

        Assert.Equal(OperationState.Done, answer.Operation.State);
        Assert.Equal("<controller type=\"scsi\" index=\"1\" model=\"virtio-scsi\" />", answer.Operation.Outcomes[0].Change.After);
        var disk = answer.Operation.Outcomes[1].Change.After!;
        Assert.Contains("<disk type=\"block\" device=\"lun\" rawio=\"yes\">", disk, StringComparison.Ordinal);
        Assert.Contains("<driver name=\"qemu\" type=\"raw\" cache=\"none\" io=\"native\" />", disk, StringComparison.Ordinal);
        Assert.Contains("<serial>abc</serial>", disk, StringComparison.Ordinal);
        Assert.Contains("<address type=\"drive\" controller=\"1\" bus=\"0\" target=\"0\" unit=\"0\" />", disk, StringComparison.Ordinal);
        Assert.DoesNotContain("pci", disk, StringComparison.Ordinal);
        Assert.Equal(OperationState.Unchanged, _fixture.Apply("o2", "raw-device", ("disk", "vda"), ("mode", "physical")).Operation.State);
        _fixture.Undo("u1");
        Assert.Equal(before, _fixture.Canonical);
    }

    [Fact]
    public void Plan_NewDiskOnARunningDomainWithVirtioScsi_CountsNow()
    {
        _fixture.Domain.Persistent = _fixture.Domain.Live = Xml.Replace("lsilogic", "virtio-scsi", StringComparison.Ordinal).Replace("/dev/sdc", "/dev/sdx", StringComparison.Ordinal);

        var answer = _fixture.Apply("o1", "raw-device", ("disk", "sda"), ("device", "/dev/sdc"), ("mode", "virtual"));

        Assert.Contains(answer.Operation.Outcomes, static o => o is { Change: { Item: "live:disk/sda", TakesEffect: TakesEffect.Now }, State: ChangeState.Verified });
        Assert.Contains("/dev/sdc", _fixture.Domain.Live, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_DiskOfAFile_IsRefusedUnlessForced()
    {
        Disk("sdd");

        var e = Assert.Throws<PracticeException>(() => _fixture.Plan("raw-device", ("disk", "vdb"), ("device", "/dev/sdd"), ("mode", "virtual")));
        var plan = _fixture.PlanForced("raw-device", ("disk", "vdb"), ("device", "/dev/sdd"), ("mode", "virtual"));

        Assert.Contains("disk vdb is /var/lib/a.qcow2 now", e.Message, StringComparison.Ordinal);
        Assert.Contains("stays there", Assert.Single(plan.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("proc/self/mountinfo", "25 1 8:32 / /srv rw - ext4 /dev/sdc rw\n", "/dev/sdc is mounted on /srv")]
    [InlineData("proc/1/mountinfo", "25 1 8:32 / /home rw - ext4 /dev/sdc rw\n", "/dev/sdc is mounted on /home")]
    [InlineData("proc/self/mountinfo", "25 1 0:45 /@ /data rw shared:1 - btrfs /dev/sdc rw\n", "/dev/sdc is mounted on /data")]
    [InlineData("sys/fs/btrfs/u/devices/sdc/size", "1", "/dev/sdc is part of a btrfs")]
    [InlineData("proc/swaps", "Filename\tType\n/dev/sdc                                partition\t1\t0\t-2\n", "/dev/sdc is swap")]
    [InlineData("sys/class/block/sdc/holders/dm-0", "", "/dev/sdc is used by dm-0")]
    public void Plan_DeviceInUse_IsRefusedHoweverForced(string file, string content, string reason)
    {
        _root.Write(file, content);

        Assert.Contains(reason, Assert.Throws<PracticeException>(() => _fixture.PlanForced("raw-device", ("disk", "vda"), ("mode", "virtual"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_PartitionOfItIsMounted_IsRefused()
    {
        _root.Write("sys/class/block/sdc/sdc1/partition", "1");
        _root.Write("sys/class/block/sdc1/dev", "8:33");
        _root.Write("proc/self/mountinfo", "25 1 8:33 / / rw - ext4 /dev/sdc1 rw\n");

        Assert.Contains("/dev/sdc (sdc1) is mounted on /", Assert.Throws<PracticeException>(() => _fixture.PlanForced("raw-device", ("disk", "vda"), ("mode", "virtual"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dev='/dev/sdc'")]
    [InlineData("dev='/dev/sdc1'")]
    [InlineData("file='/dev/sdc'")]
    public void Plan_DeviceOfAnotherDomain_IsRefused(string source)
    {
        _root.Write("dev/sdc1", "");
        _root.Write("sys/class/block/sdc/sdc1/partition", "1");
        _root.Write("sys/class/block/sdc1/dev", "8:33");
        _fixture.Domain.Others.Add(new DomainDefinition(Guid.NewGuid(), "vm2", $"<domain><name>vm2</name><devices><disk type='block'><source {source}/></disk></devices></domain>"));

        Assert.Contains("/dev/sdc is a disk of vm2 already", Assert.Throws<PracticeException>(() => _fixture.PlanForced("raw-device", ("disk", "vda"), ("mode", "virtual"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_DomainWhoseDefinitionIsNotKnown_IsRefusedHoweverForced()
    {
        _fixture.Domain.Others.Add(new DomainDefinition(Guid.NewGuid(), "vm2", Xml: null, "it is too large"));

        var e = Assert.Throws<PracticeException>(() => _fixture.PlanForced("raw-device", ("disk", "vda"), ("mode", "virtual")));

        Assert.Equal("whether /dev/sdc is a disk of vm2 already is not known: it is too large", e.Message);
    }

    [Fact]
    public void Plan_DeviceOfAnotherDiskOfTheSameDomain_IsRefusedHoweverForced()
    {
        var e = Assert.Throws<PracticeException>(() => _fixture.PlanForced("raw-device", ("disk", "sdd"), ("device", "/dev/sdc"), ("mode", "virtual")));

        Assert.Contains("/dev/sdc is a disk of vm1 (vda) already", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dev='/dev/sdc'")]
    [InlineData("file='/dev/sdc'")]
    public void Plan_ImageOfAFormatOnTheDevice_IsRefusedHoweverForced(string source)
    {
        _fixture.Domain.Persistent = Xml.Replace("type='raw'", "type='qcow2'", StringComparison.Ordinal).Replace("dev='/dev/sdc'", source, StringComparison.Ordinal);

        var e = Assert.Throws<PracticeException>(() => _fixture.PlanForced("raw-device", ("disk", "vda"), ("device", "/dev/sdc"), ("mode", "virtual")));

        Assert.Contains("disk vda is an image of format qcow2 on /dev/sdc", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Undo_FormerDeviceIsUsedByNow_IsRefusedHoweverForced()
    {
        Disk("sdd");
        Assert.Equal(OperationState.Done, _fixture.ApplyForced("o1", "raw-device", ("disk", "vda"), ("device", "/dev/sdd"), ("mode", "virtual")).Operation.State);
        var switched = _fixture.Canonical;
        _root.Write("proc/self/mountinfo", "25 1 8:32 / /srv rw - ext4 /dev/sdc rw\n");

        var undone = _fixture.Undo("u1", force: true).Operation;

        Assert.Equal(OperationState.Failed, undone.State);
        Assert.Contains("/dev/sdc is mounted on /srv", undone.Error, StringComparison.Ordinal);
        Assert.Equal(switched, _fixture.Canonical);
        _root.Write("proc/self/mountinfo", "");
        Assert.Equal(OperationState.Done, _fixture.Undo("u2").Operation.State);
    }

    [Theory]
    [InlineData("partition", "1", "/dev/sdd is a partition")]
    [InlineData("dm/uuid", "LVM-x", "/dev/sdd is the device-mapper volume")]
    [InlineData("loop/backing_file", "/a.img", "/dev/sdd is a loop device over /a.img")]
    [InlineData("md/level", "raid1", "/dev/sdd is a RAID")]
    [InlineData("size", "1", "/dev/sdd (sdd) is no SCSI device")]
    public void Plan_PhysicalOnWhatIsNoScsiDisk_IsRefusedByName(string file, string content, string reason)
    {
        _root.Write("dev/sdd", "");
        _root.Write("sys/class/block/sdd/dev", "8:48");
        _root.Write($"sys/class/block/sdd/{file}", content);

        Assert.Contains(reason, Assert.Throws<PracticeException>(() => _fixture.PlanForced("raw-device", ("disk", "sdd"), ("device", "/dev/sdd"), ("mode", "physical"))).Message, StringComparison.Ordinal);
        Assert.NotEmpty(_fixture.Plan("raw-device", ("disk", "sdd"), ("device", "/dev/sdd"), ("mode", "virtual")).Changes);
    }

    [Fact]
    public void Plan_MultipathDevice_MayBePhysical()
    {
        _root.Write("sys/class/block/dm-3/dev", "253:3");
        _root.Write("sys/class/block/dm-3/dm/uuid", "mpath-3600");
        Directory.CreateDirectory(_root.PathOf("dev/mapper"));
        File.CreateSymbolicLink(_root.PathOf("dev/mapper/mpatha"), "../dm-3");

        Assert.NotEmpty(_fixture.Plan("raw-device", ("disk", "sde"), ("device", "/dev/mapper/mpatha"), ("mode", "physical")).Changes);
    }

    [Fact]
    public void Plan_MissingDevice_IsRefusedUnlessForced()
    {
        Assert.Contains("no such block device", Assert.Throws<PracticeException>(() => _fixture.Plan("raw-device", ("disk", "sde"), ("device", "/dev/sdz"))).Message, StringComparison.Ordinal);
        Assert.NotEmpty(_fixture.PlanForced("raw-device", ("disk", "sde"), ("device", "/dev/sdz")).Changes);
    }

    [Fact]
    public void Observe_LunOnVirtio_IsFailed()
    {
        _fixture.Domain.Persistent = Xml.Replace("type='block' device='disk'", "type='block' device='lun'", StringComparison.Ordinal);

        var observation = _fixture.Observe("raw-device");

        Assert.Equal(Verdict.Failed, observation.Verdict);
        Assert.Contains("disk vda is a physical one (lun) on bus virtio", observation.Reason, StringComparison.Ordinal);
    }

    private void Disk(string name)
    {
        _root.Write($"dev/{name}", "");
        _root.Write($"sys/class/block/{name}/dev", $"8:{(name[2] - 'a') * 16}");
        _root.Write($"sys/class/block/{name}/device/scsi_level", "6");
    }
}
