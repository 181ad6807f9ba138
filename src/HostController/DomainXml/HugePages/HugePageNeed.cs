using System.Xml.Linq;

namespace GuestTune.Controller.DomainXml.HugePages;

/// <summary>How much of a domain's memory is to be in pages of one size.</summary>
/// <param name="SizeKib">0: the host's default size.</param>
internal sealed record HugePageNeed(long SizeKib, long MemoryKib)
{
    public static IReadOnlyList<HugePageNeed> Of(XElement domain)
    {
        if (domain.Element("memoryBacking")?.Element("hugepages") is not { } hugePages)
        {
            return [];
        }

        var pages = hugePages.Elements("page").ToArray();
        if (pages.Length == 0)
        {
            return [new HugePageNeed(0, MemoryKibOf(domain))];
        }

        var nodes = domain.Elements("cpu").Elements("numa").Elements("cell")
            .Select(static (c, i) => (Node: (int?)c.Attribute("id") ?? i, Kib: PageSize.Scaled((string?)c.Attribute("memory"), (string?)c.Attribute("unit")))).ToArray();
        return
        [
            .. pages.Select(p => new HugePageNeed(
                PageSize.OfElement(p),
                LibvirtNumbers.TryParse((string?)p.Attribute("nodeset")) is { } wanted ? nodes.Where(n => wanted.Contains(n.Node)).Sum(static n => n.Kib)
                : MemoryKibOf(domain) - pages.Where(o => o != p).Sum(o => LibvirtNumbers.TryParse((string?)o.Attribute("nodeset")) is { } others ? nodes.Where(n => others.Contains(n.Node)).Sum(static n => n.Kib) : 0))),
        ];
    }

    /// <summary>What the domain is started with.</summary>
    public static long MemoryKibOf(XElement domain) => PageSize.Scaled(domain.Element("memory")?.Value, (string?)domain.Element("memory")?.Attribute("unit"));
}
