using GuestTune.Controller.Libvirt;

namespace GuestTune.Controller.DomainXml;

/// <summary>The libvirt of one call, as far as domain practices need it; what is asked of libvirt throws <see cref="LibvirtException"/>, where the connection was lost over a change without asking again.</summary>
internal interface IDomainHost
{
    string Uri { get; }

    /// <summary>The domains run on this host, so that /proc and /sys here say more of them.</summary>
    bool IsThisHost { get; }

    /// <summary>Their block devices are this host's.</summary>
    bool HasDevicesOfThisHost { get; }

    /// <summary>XML (formatcaps.html).</summary>
    string Capabilities();

    /// <summary>XML (formatdomaincaps.html); null where libvirt's driver has none, or the connection may only read.</summary>
    string? DomainCapabilities(string? emulator, string? architecture, string? machine, string? virtualization);

    /// <summary>CPU numbers that a pin may have are below it.</summary>
    int CpuNumbers();

    long FreePages(int node, int pageSizeKib);

    IDomain Find(string name);

    /// <summary>Every domain's persistent definition, and of those that run also how they run, which may have more. One that libvirt does not hand over is there without.</summary>
    IReadOnlyList<DomainDefinition> Definitions();
}
