using System.Runtime.InteropServices;

namespace GuestTune.Controller.Libvirt;

/// <summary>A virStreamPtr.</summary>
internal sealed class StreamHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => LibvirtNative.virStreamFree(handle) == 0;
}
