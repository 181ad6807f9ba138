namespace GuestTune.Controller.Channel;

/// <summary>How the host reaches the port of a VM's agent; two that are equal are the same port.</summary>
internal abstract record ChannelAddress
{
    /// <summary>How tables and messages call it.</summary>
    public abstract string Name { get; }
}

/// <summary>The UNIX socket that QEMU serves on this host.</summary>
internal sealed record SocketChannel(string Path) : ChannelAddress
{
    public override string Name => Path;
}

/// <summary>Through the libvirt that runs the domain, on whatever host: it lets in one at a time, and who may change domains.</summary>
internal sealed record LibvirtChannel(string Uri, string Domain) : ChannelAddress
{
    public override string Name => $"{Libvirt.DomainXml.PortName} through {Uri}";
}
