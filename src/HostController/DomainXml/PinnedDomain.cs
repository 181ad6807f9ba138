using System.Xml.Linq;
using GuestTune.Practices.Values;

namespace GuestTune.Controller.DomainXml;

/// <summary>The host CPUs of one domain's vCPUs, as it is defined or as it runs; for its neighbours.</summary>
internal sealed record PinnedDomain(Guid Uuid, string Name, bool IsRunning, NumberSet Cpus)
{
    // libvirt gives an id to what runs only.
    public static PinnedDomain Of(Guid uuid, string name, XElement domain) => new(uuid, name, domain.Attribute("id") is not null, VcpuPins.CpusOf(domain));
}
