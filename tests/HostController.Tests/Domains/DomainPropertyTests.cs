using System.Xml.Linq;
using FsCheck;
using FsCheck.Fluent;
using GuestTune.Controller.DomainXml.Editing;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.Practices;

namespace GuestTune.HostController.Tests.Domains;

/// <summary>For any domain and any practice: applied and undone is as before, applied twice is as once, and nothing else is touched.</summary>
public sealed class DomainPropertyTests
{
    private static readonly (string Practice, (string, string)[] Settings, string[] Touches)[] Changes =
    [
        ("iothreads", [("count", "3"), ("pin", "1=0-3 3=5")], ["iothreads", "iothreadids", "cputune"]),
        ("iothreads", [("auto", "true")], ["iothreads", "iothreadids", "cputune", "disk", "controller"]),
        ("iothreads", [("count", "0"), ("assign", "vda=none")], ["iothreads", "iothreadids", "cputune", "disk"]),
        ("raw-device", [("disk", "sdx"), ("device", "/dev/sdx"), ("mode", "physical")], ["disk", "controller"]),
        ("raw-device", [("disk", "sdx"), ("device", "/dev/sdx"), ("mode", "virtual")], ["disk", "controller"]),
        ("static-hugepages", [("size", "2M")], ["memoryBacking"]),
        ("static-hugepages", [("size", "none")], ["memoryBacking"]),
        ("dedicated-hint", [("enabled", "true"), ("poll-control", "true")], ["features"]),
        ("dedicated-hint", [("enabled", "false"), ("poll-control", "false")], ["features"]),
        ("svirt", [("label", "dynamic")], ["seclabel"]),
        ("svirt", [("label", "default")], ["seclabel"]),
        ("vtpm", [("version", "2.0"), ("model", "tpm-crb")], ["tpm"]),
        ("vtpm", [("enabled", "false")], ["tpm"]),
        ("agent-channel", [("enabled", "true")], ["channel", "controller"]),
        ("agent-channel", [("enabled", "false")], ["channel"]),
    ];

    private static Gen<string> Maybe(params string[] texts) => Gen.Elements<string>(["", .. texts]);

    private static Gen<string> Domains =>
        from comment in Maybe("<!-- note -->\n  ")
        from memory in Gen.Choose(1, 64)
        from backing in Maybe("<memoryBacking><hugepages/></memoryBacking>", "<memoryBacking>\n    <hugepages>\n      <page size='2048' unit='KiB'/>\n    </hugepages>\n    <nosharepages/>\n  </memoryBacking>", "<memoryBacking><locked/></memoryBacking>")
        from threads in Maybe("<iothreads>1</iothreads>", "<iothreads>4</iothreads>", "<iothreads>3</iothreads>\n  <iothreadids>\n    <iothread id='1'/>\n    <iothread id='5' thread_pool_max='4'/>\n    <iothread id='9'/>\n  </iothreadids>")
        from tune in Maybe("<cputune><vcpupin vcpu='0' cpuset='1'/><emulatorpin cpuset='0-3,^2'/><iothreadpin iothread='1' cpuset='7'/></cputune>", "<cputune>\n    <shares>2048</shares>\n  </cputune>")
        from features in Maybe("<features><acpi/></features>", "<features>\n    <acpi/>\n    <kvm>\n      <hidden state='on'/>\n      <hint-dedicated state='on'/>\n    </kvm>\n  </features>", "<features><kvm><hint-dedicated state='off'/></kvm></features>")
        from disk in Maybe("<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a'/><target dev='vda' bus='virtio'/></disk>", "<disk type='network' device='disk'>\n      <driver name='qemu' type='raw' iothread='1'/>\n      <auth username='x'><secret type='ceph' usage='y'/></auth>\n      <source protocol='rbd' name='p/i'/>\n      <target dev='vda' bus='virtio'/>\n    </disk>")
        from scsi in Maybe("<controller type='scsi' index='0' model='virtio-scsi'/>", "<controller type='scsi' index='0' model='lsilogic'/>", "<controller type='scsi' index='2' model='virtio-scsi'><driver queues='4'/></controller>")
        from serial in Maybe("<controller type='virtio-serial' index='0'/>", "<controller type='virtio-serial' index='1'/>")
        from channel in Maybe("<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>", "<channel type='unix'><target type='virtio' name='org.guesttune.agent.0'/></channel><channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>")
        from tpm in Maybe("<tpm model='tpm-tis'><backend type='emulator' version='2.0'><encryption secret='6dd3e4a5-1d76-44ce-961f-f119f5aad935'/></backend></tpm>")
        from graphics in Maybe("<graphics type='vnc' port='-1' autoport='yes' passwd='s&lt;ecret&quot;'/>")
        from label in Maybe("<seclabel type='none' model='selinux'/>", "<seclabel type='dynamic' model='dac' relabel='yes'/>\n  <seclabel type='static' model='selinux'><label>system_u:system_r:svirt_t:s0:c1,c2</label></seclabel>")
        from extra in Maybe("<qemu:commandline><qemu:arg value='-x&#10;y'/></qemu:commandline>")
        select $"""
            <domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
              <name>vm1</name>
              {comment}<metadata><a:b xmlns:a="urn:a" c='d'>  text <![CDATA[<raw>]]></a:b></metadata>
              <memory unit='MiB'>{memory * 2}</memory>
              {backing}
              <vcpu>1</vcpu>
              {threads}
              {tune}
              <os><type arch='x86_64' machine='q35'>hvm</type></os>
              {features}
              <cpu mode='host-passthrough'/>
              <devices>
                <emulator>/usr/bin/qemu-system-x86_64</emulator>
                {disk}
                {scsi}
                {serial}
                {channel}
                {tpm}
                {graphics}
              </devices>
              {label}
              {extra}
            </domain>
            """;

    [Fact]
    public void AnyPractice_OnAnyDomain_UndoesWhatItDidAndTouchesNothingElse()
    {
        using var root = new TemporaryDirectory();
        root.Write("proc/mounts", "none /dev/hugepages hugetlbfs rw,pagesize=2M 0 0\n");
        root.Write("dev/sdx", "");
        root.Write("sys/class/block/sdx/dev", "8:0");
        root.Write("sys/class/block/sdx/device/scsi_level", "6");
        root.Write("sys/fs/selinux/enforce", "1");
        var applied = 0;
        Prop.ForAll(Domains.ToArbitrary(), Gen.Elements(Changes).ToArbitrary(), (xml, change) =>
        {
            using var fixture = new DomainFixture(xml, root: root.Path);
            fixture.Domain.Free = static (_, _) => 1000;
            fixture.Domain.HostCapabilities = FakeDomain.Capabilities16Cpus.Replace("<topology>", "<secmodel><model>selinux</model></secmodel><secmodel><model>dac</model></secmodel><topology>", StringComparison.Ordinal);
            var before = fixture.Canonical;
            Operation operation;
            try
            {
                operation = fixture.Apply("o1", change.Practice, change.Settings).Operation;
            }
            catch (PracticeException)
            {
                // E.g. a disk on a thread that would go, or vCPUs that are not pinned: then nothing was touched.
                Assert.Equal(before, fixture.Canonical);
                return;
            }

            Assert.True(operation.State is OperationState.Done or OperationState.Unchanged, operation.Error);
            applied++;
            var once = fixture.Canonical;
            Assert.Equal(Untouched(xml, change.Touches), Untouched(fixture.Domain.Persistent, change.Touches));
            Assert.Equal(OperationState.Unchanged, fixture.Apply("o2", change.Practice, change.Settings).Operation.State);
            Assert.Equal(once, fixture.Canonical);
            if (operation.State == OperationState.Done)
            {
                Assert.Equal(OperationState.Done, fixture.Undo("u1", "o1").Operation.State);
            }

            Assert.Equal(before, fixture.Canonical);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
        Assert.True(applied > 100, $"only {applied} of the domains could have the practice");
    }

    /// <summary>Each subtree at the top and in devices but those that the practice may change.</summary>
    private static List<string> Untouched(string xml, string[] touches)
    {
        var root = DomainDocument.Parse(xml).Root;
        return [.. root.Elements().Where(static e => e.Name.LocalName is not "devices").Concat(root.Elements("devices").Elements())
            .Where(e => !touches.Contains(e.Name.LocalName, StringComparer.Ordinal)).Select(CanonicalXml.Of)];
    }
}
