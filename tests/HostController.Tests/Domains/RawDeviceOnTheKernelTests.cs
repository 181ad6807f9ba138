using GuestTune.Controller.DomainXml;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.Practices;

namespace GuestTune.HostController.Tests.Domains;

/// <summary>What raw-device says of block devices that the kernel really has: its sysfs, its mount table.</summary>
public sealed class RawDeviceOnTheKernelTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly DomainFixture _fixture = new("<domain type='kvm'><name>vm1</name><memory unit='MiB'>64</memory><devices><controller type='scsi' index='0' model='virtio-scsi'/></devices></domain>");
    private readonly LoopDevice _device;

    public RawDeviceOnTheKernelTests()
    {
        Assert.SkipWhen(LoopDevice.WhyNot is not null, LoopDevice.WhyNot ?? "");
        _device = new LoopDevice(_directory.PathOf("disk"));
    }

    public void Dispose()
    {
        _device.Dispose();
        _fixture.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Plan_LoopDevice_MayBeVirtualAndIsRefusedByNameAsPhysical()
    {
        Assert.StartsWith($"{_device.Path} is a loop device over {_directory.PathOf("disk")}, not a SCSI disk", Refusal(_device.Path, "physical"), StringComparison.Ordinal);
        Assert.NotEmpty(_fixture.Plan("raw-device", Wish(_device.Path, "virtual")).Changes);
    }

    [Fact]
    public void Plan_MountedDevice_IsRefusedUntilItIsUnmounted()
    {
        LoopDevice.Run("mkfs.ext4", "-q", _device.Path);
        WhileMounted(_device.Path, place => Assert.StartsWith($"{_device.Path} is mounted on {place}", Refusal(_device.Path), StringComparison.Ordinal));

        Assert.NotEmpty(_fixture.Plan("raw-device", Wish(_device.Path)).Changes);
    }

    [Fact]
    public void Plan_Partition_IsItsDisksToo()
    {
        var partition = AddPartition();
        Assert.StartsWith($"{partition} is a partition ({_device.Name}p1)", Refusal(partition, "physical"), StringComparison.Ordinal);
        LoopDevice.Run("mkfs.ext4", "-q", partition);
        WhileMounted(partition, place =>
        {
            Assert.StartsWith($"{partition} is mounted on {place}", Refusal(partition), StringComparison.Ordinal);
            Assert.StartsWith($"{_device.Path} ({_device.Name}p1) is mounted on {place}", Refusal(_device.Path), StringComparison.Ordinal);
        });

        _fixture.Domain.Others.Add(new DomainDefinition(Guid.NewGuid(), "vm2", $"<domain><name>vm2</name><devices><disk type='block'><source dev='{_device.Path}'/></disk></devices></domain>"));
        Assert.StartsWith($"{partition} is a disk of vm2 already", Refusal(partition), StringComparison.Ordinal);
    }

    private string AddPartition()
    {
        var partition = _device.AddPartition();
        Assert.SkipUnless(File.Exists(partition), $"no {partition} appears: /dev is no devtmpfs here");
        return partition;
    }

    private void WhileMounted(string device, Action<string> check)
    {
        var place = _directory.PathOf("mounted");
        Directory.CreateDirectory(place);
        LoopDevice.Run("mount", device, place);
        try
        {
            check(place);
        }
        finally
        {
            LoopDevice.Run("umount", place);

            // A namespace that another test made meanwhile has the mount, too; it ends with its directory (since Linux 3.19).
            Directory.Delete(place);
        }
    }

    private static (string, string)[] Wish(string device, string mode = "virtual") => [("disk", "sda"), ("device", device), ("mode", mode)];

    /// <summary>However forced.</summary>
    private string Refusal(string device, string mode = "virtual") => Assert.Throws<PracticeException>(() => _fixture.PlanForced("raw-device", Wish(device, mode))).Message;
}
