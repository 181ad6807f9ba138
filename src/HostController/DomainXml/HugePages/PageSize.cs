using System.Globalization;
using System.Xml.Linq;

namespace GuestTune.Controller.DomainXml.HugePages;

/// <summary>Sizes of pages and memory in KiB, as people and as libvirt write them.</summary>
internal static class PageSize
{
    private const string Letters = "KMGT";

    /// <param name="text">E.g. 2M, which the catalogue has checked.</param>
    public static long ToKib(string text) => long.Parse(text[..^1], CultureInfo.InvariantCulture) << (10 * Letters.IndexOf(text[^1], StringComparison.Ordinal));

    public static string Show(long kib) => kib switch
    {
        >= 1 << 20 when kib % (1 << 20) == 0 => $"{kib >> 20}G",
        >= 1 << 10 when kib % (1 << 10) == 0 => $"{kib >> 10}M",
        _ => $"{kib}K",
    };

    /// <summary>Of &lt;page size= unit=&gt;.</summary>
    public static long OfElement(XElement page) => Scaled((string?)page.Attribute("size"), (string?)page.Attribute("unit"));

    /// <summary>A number with a unit of virScaleInteger; without one KiB.</summary>
    public static long Scaled(string? number, string? unit)
    {
        if (!decimal.TryParse(number?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return 0;
        }

        var bytes = unit switch
        {
            "b" or "bytes" or "byte" => 1m,
            "KB" => 1000m,
            "MB" => 1000_000m,
            "GB" => 1000_000_000m,
            "M" or "MiB" => 1024m * 1024,
            "G" or "GiB" => 1024m * 1024 * 1024,
            "T" or "TiB" => 1024m * 1024 * 1024 * 1024,
            _ => 1024m,
        };
        return (long)decimal.Min(value * bytes / 1024, long.MaxValue / 2);
    }
}
