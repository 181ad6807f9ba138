using GuestTune.Controller.DomainXml.Editing;
using GuestTune.Practices.Values;

namespace GuestTune.Controller.DomainXml;

/// <summary>The host CPUs of one domain's vCPUs, as it is defined or as it runs; for its neighbours.</summary>
/// <param name="Problem">Why its host CPUs are not known; null where they are.</param>
internal sealed record PinnedDomain(Guid Uuid, string Name, bool IsRunning, NumberSet Cpus, string? Problem = null)
{
    // libvirt gives an id to what runs only.
    public static PinnedDomain Of(DomainDefinition definition) => definition is { Xml: { } xml } && DomainDocument.ParseOther(xml) is var domain
        ? new(definition.Uuid, definition.Name, domain.Attribute("id") is not null, VcpuPins.CpusOf(domain))
        : new(definition.Uuid, definition.Name, IsRunning: false, NumberSet.Empty, definition.Problem);
}
