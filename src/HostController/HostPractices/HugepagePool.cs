using System.Globalization;
using GuestTune.Practices.Files;

namespace GuestTune.Controller.HostPractices;

/// <summary>The static pages of one size, of the whole host or of one NUMA node (Documentation/admin-guide/mm/hugetlbpage.rst).</summary>
/// <param name="Name">E.g. 2M, or node0:2M.</param>
/// <param name="Directory">That of its files in sysfs.</param>
/// <param name="Node">Null for the whole host.</param>
internal sealed record HugepagePool(string Name, string Directory, ulong PageSizeKiB, int? Node)
{
    private const string OfHost = "/sys/kernel/mm/hugepages";
    private const string Nodes = "/sys/devices/system/node";
    private const string Prefix = "hugepages-";
    private const string Suffix = "kB";

    public string CountPath => Directory + "/nr_hugepages";

    /// <summary>The host's pools, the smallest pages first, and where there is more than one NUMA node, theirs.</summary>
    public static IReadOnlyList<HugepagePool> Find(RootedFileSystem files)
    {
        var nodes = files.ListNames(Nodes, string.Empty).Where(static n => n.StartsWith("node", StringComparison.Ordinal))
            .Select(static n => int.TryParse(n.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out var node) ? node : -1).Where(static n => n >= 0).Order().ToArray();
        return
        [
            .. In(files, OfHost, null),
            .. nodes.Length > 1 ? nodes.SelectMany(node => In(files, $"{Nodes}/node{node}/hugepages", node)) : [],
        ];
    }

    /// <returns>Null where it cannot be read, as resv_hugepages of a node, which there is not.</returns>
    public ulong? Read(RootedFileSystem files, string name) =>
        ulong.TryParse(files.ReadText($"{Directory}/{name}").Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;

    /// <summary>E.g. 2M; as the kernel's own arguments are written.</summary>
    public static string NameOf(ulong pageSizeKiB) => pageSizeKiB switch
    {
        >= 1024 * 1024 when pageSizeKiB % (1024 * 1024) == 0 => $"{pageSizeKiB / (1024 * 1024)}G",
        >= 1024 when pageSizeKiB % 1024 == 0 => $"{pageSizeKiB / 1024}M",
        _ => $"{pageSizeKiB}K",
    };

    private static IEnumerable<HugepagePool> In(RootedFileSystem files, string directory, int? node) =>
        files.ListNames(directory, Suffix)
            .Where(static n => n.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(n => (Name: n, Size: ulong.TryParse(n.AsSpan(Prefix.Length..^Suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : 0))
            .Where(static p => p.Size > 0)
            .OrderBy(static p => p.Size)
            .Select(p => new HugepagePool((node is null ? "" : $"node{node}:") + NameOf(p.Size), $"{directory}/{p.Name}", p.Size, node));
}
