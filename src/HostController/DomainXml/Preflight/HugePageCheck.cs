using System.Globalization;
using System.Xml.Linq;
using GuestTune.Controller.DomainXml.HugePages;
using GuestTune.Controller.Libvirt;

namespace GuestTune.Controller.DomainXml.Preflight;

/// <summary>Static pages that the host has not, or not enough of: "unable to map backing store" at the start.</summary>
internal static class HugePageCheck
{
    public static IEnumerable<DefinitionProblem> Find(DomainView view, XElement definition)
    {
        var needs = HugePageNeed.Of(definition);
        if (needs.Count == 0)
        {
            yield break;
        }

        var pools = view.Facts.Pools(view.Host).ToArray();
        var sizes = pools.Select(static p => (long)p.SizeKib).Distinct().Order().Skip(1).ToArray();
        foreach (var need in needs)
        {
            var size = need.SizeKib == 0 ? DefaultSizeKib(view) : need.SizeKib;
            if (size == 0)
            {
                continue;
            }

            var shown = PageSize.Show(size);
            if (need.MemoryKib % size != 0)
            {
                yield return new DefinitionProblem($"{need.MemoryKib / 1024} MiB of memory are no whole number of pages of {shown}", MayBeForced: false);
            }
            else if (sizes.Length > 0 && !sizes.Contains(size))
            {
                yield return new DefinitionProblem($"the host has no pages of {shown}, but of {string.Join(", ", sizes.Select(PageSize.Show))}");
            }
            else if (view.Host.IsThisHost && WhyNotMounted(view, size) is { } reason)
            {
                yield return new DefinitionProblem(reason);
            }
            else if (WhyTooFew(view, definition, pools, need.MemoryKib / size, size) is { } few)
            {
                yield return new DefinitionProblem(few);
            }
        }
    }

    private static string? WhyTooFew(DomainView view, XElement definition, (int Node, int SizeKib, long Count)[] pools, long pages, long size)
    {
        var wanted = LibvirtNumbers.TryParse((string?)definition.Element("numatune")?.Element("memory")?.Attribute("nodeset"));
        var nodes = pools.Where(p => p.SizeKib == size && (wanted?.Contains(p.Node) ?? true)).ToArray();
        try
        {
            // Its own are free when it is started anew.
            var own = view.Live is { } live ? HugePageNeed.Of(live.Root).Where(n => n.SizeKib == size).Sum(n => n.MemoryKib / size) : 0;
            var free = nodes.Sum(n => view.Host.FreePages(n.Node, n.SizeKib)) + own;
            return free >= pages ? null
                : $"{view.Name} takes {pages} pages of {PageSize.Show(size)}, and {free} are free{(wanted is null ? "" : $" on NUMA node {wanted}")}, of a pool of {nodes.Sum(static n => n.Count)}: "
                + $"make it larger first (guesttune host set static-hugepages --pages {PageSize.Show(size)}=N{(view.Host.IsThisHost ? "" : ", on that host")})";
        }
        catch (LibvirtException)
        {
            // Not every driver counts pages; then there is none of them to run out of.
            return null;
        }
    }

    private static string? WhyNotMounted(DomainView view, long size)
    {
        var mounts = (view.Facts.Files.ReadText("/proc/mounts", 1024 * 1024).Text ?? "").Split('\n').Select(static l => l.Split(' ')).Where(static f => f.Length > 3 && f[2] is "hugetlbfs").ToArray();
        return mounts.Any(f => f[3].Split(',').Any(o => o.StartsWith("pagesize=", StringComparison.Ordinal) && PageSize.ToKib(o["pagesize=".Length..]) == size)) ? null
            : $"hugetlbfs is not mounted for pages of {PageSize.Show(size)}: mount -t hugetlbfs -o pagesize={PageSize.Show(size)} none DIR, and restart libvirt's daemon, which looks for mounts when it starts";
    }

    private static long DefaultSizeKib(DomainView view) =>
        (view.Facts.Files.ReadText("/proc/meminfo").Text ?? "").Split('\n').FirstOrDefault(static l => l.StartsWith("Hugepagesize:", StringComparison.Ordinal)) is { } line
        && long.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], NumberStyles.None, CultureInfo.InvariantCulture, out var kib) ? kib : 0;
}
