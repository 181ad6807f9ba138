using System.Xml.Linq;

namespace GuestTune.Controller.DomainXml.RawDevices;

/// <summary>The virtio-scsi controller that a disk goes to, and a unit of it that is free.</summary>
internal sealed record ScsiController(int Index, int Unit, bool IsNew)
{
    public static ScsiController Choose(XElement domain)
    {
        var controllers = All(domain).ToArray();
        if (controllers.FirstOrDefault(IsVirtio) is { } found)
        {
            var index = Number(found);
            var used = domain.Elements("devices").Elements("disk")
                .Where(d => (string?)d.Element("target")?.Attribute("bus") is "scsi" && ((int?)d.Element("address")?.Attribute("controller") ?? 0) == index)
                .Select(static d => (int?)d.Element("address")?.Attribute("unit") ?? 0).ToHashSet();
            return new ScsiController(index, Enumerable.Range(0, int.MaxValue).First(u => !used.Contains(u)), IsNew: false);
        }

        var taken = controllers.Select(Number).ToHashSet();
        return new ScsiController(Enumerable.Range(0, int.MaxValue).First(i => !taken.Contains(i)), 0, IsNew: true);
    }

    public static bool IsThere(XElement domain, int index) => All(domain).Any(c => IsVirtio(c) && Number(c) == index);

    private static IEnumerable<XElement> All(XElement domain) => domain.Elements("devices").Elements("controller").Where(static c => (string?)c.Attribute("type") is "scsi");

    private static bool IsVirtio(XElement controller) => ((string?)controller.Attribute("model"))?.StartsWith("virtio", StringComparison.Ordinal) is true;

    private static int Number(XElement controller) => (int?)controller.Attribute("index") ?? 0;
}
