using System.Runtime.InteropServices;

namespace GuestTune.Controller.Libvirt;

/// <summary>A virConnectPtr.</summary>
internal sealed class ConnectionHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    // virConnectClose gives how many references are left.
    protected override bool ReleaseHandle() => LibvirtNative.virConnectClose(handle) >= 0;
}
