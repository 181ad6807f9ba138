using GuestTune.PrivateLibvirts;

namespace GuestTune.Bench;

/// <summary>A libvirtd of its own with many domains, as virt-install makes them but for the processor, which is emulated; and the way back to them.</summary>
internal sealed class DomainHost : IDisposable
{
    /// <summary>Their machine types are asked of QEMU once, which takes seconds: nobody's figure.</summary>
    private const string WarmUp = "domcapabilities --virttype qemu --arch x86_64 --machine q35";

    private readonly PrivateLibvirt _libvirt;

    /// <exception cref="InvalidOperationException">There can be no libvirtd of its own here.</exception>
    public DomainHost(int count)
    {
        if (PrivateLibvirt.WhyNot is { } reason)
        {
            throw new InvalidOperationException($"No domains can be measured here: {reason}.");
        }

        _libvirt = new PrivateLibvirt();
        Names = [.. Enumerable.Range(0, count).Select(static i => $"vm{i}")];
        try
        {
            Virsh([WarmUp]);
            Define(Names);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Uri => _libvirt.Uri;

    public IReadOnlyList<string> Names { get; }

    public void Dispose() => _libvirt.Dispose();

    public string PathOf(string name) => _libvirt.PathOf(name);

    /// <summary>Gives these domains the definition that they had at first.</summary>
    public void Define(IEnumerable<string> names) => Virsh(names.Select(name =>
    {
        var file = PathOf($"{name}.xml");
        if (!File.Exists(file))
        {
            File.WriteAllText(file, DefinitionOf(name));
        }

        return $"define {file}";
    }));

    /// <summary>Defines one more and starts it, without letting its processor run.</summary>
    public void Start(string name)
    {
        using (var disk = File.Create(DiskOf(name)))
        {
            disk.SetLength(1024 * 1024);
        }

        Define([name]);
        Virsh([$"start --paused {name}"]);
    }

    /// <exception cref="InvalidOperationException">The definition is not as whoever was measured should have left it.</exception>
    public void ExpectIOThreads(string name, bool expected)
    {
        if (_libvirt.Virsh("dumpxml", "--inactive", name).Contains("<iothreads>1</iothreads>", StringComparison.Ordinal) != expected)
        {
            throw new InvalidOperationException($"{name} has {(expected ? "no" : "an")} IOThread in its definition.");
        }
    }

    /// <summary>Many commands by one virsh, which has its start to itself only once.</summary>
    private void Virsh(IEnumerable<string> commands) => _libvirt.Virsh(string.Join("; ", commands));

    private string DiskOf(string name) => PathOf($"{name}.raw");

    /// <summary>With a UUID, or libvirt would not take it a second time.</summary>
    private string DefinitionOf(string name)
    {
        var id = Guid.NewGuid().ToString();
        return $"""
            <domain type='qemu'>
              <name>{name}</name>
              <uuid>{id}</uuid>
              <metadata>
                <libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0"><libosinfo:os id="http://debian.org/debian/12"/></libosinfo:libosinfo>
              </metadata>
              <memory unit='MiB'>64</memory>
              <vcpu>2</vcpu>
              <os><type arch='x86_64' machine='q35'>hvm</type><boot dev='hd'/></os>
              <features><acpi/><apic/></features>
              <clock offset='utc'><timer name='rtc' tickpolicy='catchup'/><timer name='pit' tickpolicy='delay'/><timer name='hpet' present='no'/></clock>
              <pm><suspend-to-mem enabled='no'/><suspend-to-disk enabled='no'/></pm>
              <devices>
                <disk type='file' device='disk'><driver name='qemu' type='raw' cache='none'/><source file='{DiskOf(name)}'/><target dev='vda' bus='virtio'/></disk>
                <controller type='usb' model='qemu-xhci' ports='15'/>
                <controller type='scsi' model='virtio-scsi'/>
                <interface type='user'><mac address='52:54:00:{id[..2]}:{id[2..4]}:{id[4..6]}'/><model type='virtio'/></interface>
                <console type='pty'/>
                <channel type='unix'><source mode='bind'/><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
                <channel type='unix'><source mode='bind'/><target type='virtio' name='org.guesttune.agent.0'/></channel>
                <input type='tablet' bus='usb'/>
                <video><model type='vga'/></video>
                <memballoon model='virtio'/>
                <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
              </devices>
            </domain>
            """;
    }
}
