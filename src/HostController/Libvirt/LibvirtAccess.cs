namespace GuestTune.Controller.Libvirt;

/// <summary>What a connection may do; a host lets more users read than write.</summary>
internal enum LibvirtAccess
{
    Read,
    Write,
}
