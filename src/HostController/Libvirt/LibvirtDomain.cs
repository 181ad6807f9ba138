using System.Runtime.InteropServices;

namespace GuestTune.Controller.Libvirt;

/// <summary>
/// A domain of a <see cref="LibvirtConnection"/>, by its UUID: it stays the same one when it is renamed, started or redefined. As there, every
/// member but <see cref="Name"/>, <see cref="Uuid"/> and <see cref="WasActive"/> asks libvirt, blocks, and throws <see cref="LibvirtException"/>.
/// </summary>
internal sealed unsafe class LibvirtDomain : IDisposable
{
    private const int QemuGaTimeoutSeconds = 5;

    private readonly DomainHandle _handle;

    public LibvirtDomain(nint domain)
    {
        _handle = new DomainHandle(domain);
        Name = Marshal.PtrToStringUTF8((nint)LibvirtNative.virDomainGetName(_handle)) ?? "";
        var uuid = stackalloc byte[LibvirtNative.UuidStringSizeBytes];
        LibvirtCall.Checked(LibvirtNative.virDomainGetUUIDString(_handle, uuid));
        Uuid = Guid.Parse(Marshal.PtrToStringUTF8((nint)uuid)!);
        WasActive = LibvirtNative.virDomainGetID(_handle) != uint.MaxValue;
    }

    public string Name { get; }

    public Guid Uuid { get; }

    /// <summary>Whether it ran when it was listed or found: libvirt says so along with its name.</summary>
    public bool WasActive { get; }

    public DomainState State
    {
        get
        {
            LibvirtCall.Checked(LibvirtNative.virDomainGetState(_handle, out var state, out _, 0));
            return (DomainState)state;
        }
    }

    /// <summary>It has a definition that outlives it.</summary>
    public bool IsPersistent => LibvirtCall.Checked(LibvirtNative.virDomainIsPersistent(_handle)) == 1;

    /// <summary>It is being migrated, saved, dumped or copied: libvirt refuses most changes meanwhile, after a wait of 30 s.</summary>
    public bool HasJob
    {
        get
        {
            try
            {
                LibvirtCall.Checked(LibvirtNative.virDomainGetJobInfo(_handle, out var job));
                return job.Type is 1 or 2; // VIR_DOMAIN_JOB_BOUNDED, VIR_DOMAIN_JOB_UNBOUNDED
            }
            catch (LibvirtException e) when (e.Code == LibvirtErrorCode.NoSupport)
            {
                return false;
            }
        }
    }

    /// <summary>Of a domain that does not run also the live ones say what is defined, where libvirt has a definition.</summary>
    public IReadOnlyList<IOThread> IOThreads(DomainAffect affect)
    {
        var count = LibvirtCall.Checked(LibvirtNative.virDomainGetIOThreadInfo(_handle, out var list, (uint)affect));
        var threads = new IOThread[count];
        for (var i = 0; i < count; i++)
        {
            threads[i] = new IOThread((int)list[i]->Id, CpuMap.FromBytes(new ReadOnlySpan<byte>(list[i]->CpuMap, list[i]->MapSizeBytes)));
            LibvirtNative.virDomainIOThreadInfoFree(list[i]);
        }

        LibvirtNative.Free(list);
        return threads;
    }

    public void AddIOThread(int id, DomainAffect affect) => LibvirtCall.Checked(LibvirtNative.virDomainAddIOThread(_handle, (uint)id, (uint)affect));

    public void RemoveIOThread(int id, DomainAffect affect) => LibvirtCall.Checked(LibvirtNative.virDomainDelIOThread(_handle, (uint)id, (uint)affect));

    /// <param name="cpus">Numbers of host CPUs, at least one.</param>
    public void PinIOThread(int id, IReadOnlyCollection<int> cpus, DomainAffect affect)
    {
        var map = CpuMap.ToBytes(cpus);
        fixed (byte* bytes = map)
        {
            LibvirtCall.Checked(LibvirtNative.virDomainPinIOThread(_handle, (uint)id, bytes, map.Length, (uint)affect));
        }
    }

    public string Xml(DomainXmlFlags flags) => LibvirtCall.Text(LibvirtNative.virDomainGetXMLDesc(_handle, (uint)flags));

    public void AttachDevice(string xml, DomainAffect affect) => LibvirtCall.Checked(LibvirtNative.virDomainAttachDeviceFlags(_handle, xml, (uint)affect));

    public void DetachDevice(string xml, DomainAffect affect) => LibvirtCall.Checked(LibvirtNative.virDomainDetachDeviceFlags(_handle, xml, (uint)affect));

    /// <summary>As the reset button: memory and processors begin anew, the domain stays.</summary>
    public void Reset() => LibvirtCall.Checked(LibvirtNative.virDomainReset(_handle, 0));

    /// <summary>Lets libvirt, which has the channel, ask qemu-ga. It marks the domain as tainted by that ("custom-ga-command").</summary>
    /// <exception cref="DllNotFoundException">libvirt-qemu.so.0 is not installed.</exception>
    public string AskQemuGa(string command) => LibvirtCall.Text(LibvirtNative.virDomainQemuAgentCommand(_handle, command, QemuGaTimeoutSeconds, 0));

    /// <summary>Lets a stream of the same connection be the host's end of a port.</summary>
    /// <param name="name">The target name of a channel of type 'unix'.</param>
    public void OpenChannel(string name, StreamHandle stream) => LibvirtCall.Checked(LibvirtNative.virDomainOpenChannel(_handle, name, stream, 0));

    public void Dispose() => _handle.Dispose();
}
