using System.Globalization;
using System.Xml.Linq;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml.HugePages;

/// <summary>Static huge pages of the host as a domain's memory.</summary>
internal sealed class HugePagesPractice(DomainView view) : DomainPractice(view)
{
    public const string PracticeId = "static-hugepages";
    public const string None = "none";

    private const string Path = "memoryBacking/hugepages";

    public override string Id => PracticeId;

    protected override void Draft(Wishes wishes, PlanDraft draft)
    {
        var nodes = wishes.Text("nodes");
        var size = wishes.Text("size");
        if (size is null)
        {
            throw PracticeException.Invalid("nodes are given without a size; give the size of the pages, too (--size 2M)");
        }

        if (nodes is not null && (LibvirtNumbers.TryParse(nodes) is not { } list || !list.Numbers.All(GuestNodes(View.Persistent.Root).Contains)))
        {
            var known = string.Join(", ", GuestNodes(View.Persistent.Root));
            throw PracticeException.Precondition($"nodes '{nodes}' are not NUMA nodes of the guest: it has {(known.Length == 0 ? "none (<cpu><numa>); leave --nodes out" : known)}");
        }

        draft.Set(Path, size is None ? null : $"<hugepages><page size=\"{PageSize.ToKib(size)}\" unit=\"KiB\"{(nodes is null ? "" : $" nodeset=\"{LibvirtNumbers.TryParse(nodes)}\"")} /></hugepages>");
    }

    protected override (Verdict Verdict, string Reason) Judge(DomainFacts facts)
    {
        facts.Add("hugepages", Describe);
        facts.Add("memory", static d => $"{HugePageNeed.MemoryKibOf(d) / 1024} MiB");
        return ProcessProof.Judge(View, Describe(View.Persistent.Root), View.Live is { } live ? Describe(live.Root) : null, "the domain's memory is of ordinary pages", process =>
        {
            var path = $"/proc/{process.Id}/smaps_rollup";
            var rollup = View.Facts.Files.ReadText(path);
            if (rollup.Problem is not null)
            {
                // That is for whoever may trace the process; this, which counts the same, is for all.
                path = $"/proc/{process.Id}/status";
                rollup = View.Facts.Files.ReadText(path);
            }

            var hugeKib = (rollup.Text ?? "").Split('\n').Where(static l => l.Contains("_Hugetlb:", StringComparison.Ordinal) || l.StartsWith("HugetlbPages:", StringComparison.Ordinal))
                .Sum(static l => long.TryParse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], NumberStyles.None, CultureInfo.InvariantCulture, out var kib) ? kib : 0);
            facts.AddInForce("memory in static pages", $"{hugeKib / 1024} MiB", path, rollup.Problem);
            return rollup.Problem is { } problem ? (Verdict.Configured, $"whether QEMU has them cannot be seen: {path}: {problem}")
                : hugeKib > 0 ? (Verdict.Effective, $"QEMU has {hugeKib / 1024} MiB in static pages")
                : (Verdict.Failed, "the domain runs with static pages in its definition, and QEMU has none");
        });
    }

    private static string? Describe(XElement domain) => domain.Element("memoryBacking")?.Element("hugepages") is not { } pages ? null
        : pages.Elements("page").ToArray() is not { Length: > 0 } sizes ? "pages of the host's default size"
        : "pages of " + string.Join(", ", sizes.Select(static p => PageSize.Show(PageSize.OfElement(p)) + ((string?)p.Attribute("nodeset") is { } nodes ? $" for nodes {nodes}" : "")));

    private static HashSet<int> GuestNodes(XElement domain) => [.. domain.Elements("cpu").Elements("numa").Elements("cell").Select(static (c, i) => (int?)c.Attribute("id") ?? i)];
}
