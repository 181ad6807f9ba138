namespace GuestTune.Controller.LibvirtAuth;

/// <summary>How calls reach libvirt over a network.</summary>
internal enum LibvirtTransport
{
    Tcp,
    Tls,
}
