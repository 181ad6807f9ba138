using System.Runtime.InteropServices;

namespace GuestTune.Controller.Libvirt;

/// <summary>A virDomainPtr.</summary>
internal sealed class DomainHandle : SafeHandle
{
    public DomainHandle(nint domain)
        : base(0, ownsHandle: true) => SetHandle(domain);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => LibvirtNative.virDomainFree(handle) == 0;
}
