using System.Xml.Linq;

namespace GuestTune.Controller.DomainXml.Preflight;

/// <summary>Two channels of one name: QEMU refuses the second at the start.</summary>
internal static class ChannelCheck
{
    public static IEnumerable<DefinitionProblem> Find(DomainView view, XElement definition) => definition
        .Elements("devices").Elements("channel").Elements("target")
        .Where(static t => (string?)t.Attribute("type") is "virtio")
        .GroupBy(static t => (string?)t.Attribute("name") ?? "com.redhat.spice.0", StringComparer.Ordinal)
        .Where(static g => g.Skip(1).Any())
        .Select(static g => new DefinitionProblem($"the channel {g.Key} is there {g.Count()} times, and QEMU takes one of a name: take the others away (virsh edit)", MayBeForced: false));
}
