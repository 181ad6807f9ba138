namespace GuestTune.Controller.QemuGa;

/// <summary>How the host reaches a VM's qemu-ga: by the socket that QEMU serves, or through a libvirt that has taken that socket for itself.</summary>
internal abstract record QemuGaAddress
{
    /// <summary>How facts and messages call it.</summary>
    public abstract string Name { get; }
}

/// <summary>A socket that nobody else uses; from the inventory.</summary>
internal sealed record QemuGaSocketAddress(string Path) : QemuGaAddress
{
    public override string Name => Path;
}

/// <summary>A domain with the channel org.qemu.guest_agent.0.</summary>
internal sealed record QemuGaLibvirtAddress(string Uri, string Domain) : QemuGaAddress
{
    public override string Name => $"libvirt {Uri}";
}
