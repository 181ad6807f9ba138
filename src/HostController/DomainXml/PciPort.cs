using System.Globalization;
using System.Xml.Linq;

namespace GuestTune.Controller.DomainXml;

/// <summary>A PCI Express port for a device that a plan adds. libvirt would add one by itself where none is free, and that would stay when the device has gone again.</summary>
internal static class PciPort
{
    /// <summary>How such a change begins; what libvirt writes into the port is its own.</summary>
    public const string Path = "devices/controller[@type='pci']";

    public static void Ensure(DomainView view, PlanDraft draft)
    {
        var devices = view.Persistent.Root.Elements("devices").ToArray();
        var buses = devices.Elements("controller").Where(static c => (string?)c.Attribute("type") is "pci").ToArray();
        if (!buses.Any(static c => (string?)c.Attribute("model") is "pcie-root"))
        {
            return;
        }

        var used = devices.Descendants("address").Where(static a => (string?)a.Attribute("type") is "pci").Select(static a => Hex((string?)a.Attribute("bus"))).ToHashSet();
        if (!buses.Any(c => (string?)c.Attribute("model") is "pcie-root-port" && !used.Contains(Index(c))))
        {
            var index = buses.Max(Index) + 1;
            draft.Set($"{Path}[@index='{index}']", $"<controller type=\"pci\" index=\"{index}\" model=\"pcie-root-port\" />");
        }
    }

    private static int Index(XElement controller) => (int?)controller.Attribute("index") ?? -1;

    private static int Hex(string? text) => text is not null && text.StartsWith("0x", StringComparison.Ordinal) && int.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) ? number : -1;
}
