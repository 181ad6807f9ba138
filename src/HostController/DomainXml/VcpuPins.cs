using System.Globalization;
using System.Xml.Linq;
using GuestTune.Practices.Values;

namespace GuestTune.Controller.DomainXml;

/// <summary>Which host CPUs the vCPUs of a domain are pinned to (formatdomain.html, CPU Allocation and CPU Tuning).</summary>
internal static class VcpuPins
{
    public static SortedDictionary<int, NumberSet> Of(XElement domain)
    {
        var pins = new SortedDictionary<int, NumberSet>();
        var vcpus = domain.Element("vcpu");

        // Where numad places the domain (auto), libvirt ignores the set.
        if ((string?)vcpus?.Attribute("placement") is not "auto" && LibvirtNumbers.TryParse((string?)vcpus?.Attribute("cpuset")) is { } all)
        {
            for (var vcpu = 0; vcpu < CountOf(domain); vcpu++)
            {
                pins[vcpu] = all;
            }
        }

        foreach (var pin in domain.Elements("cputune").Elements("vcpupin"))
        {
            if ((int?)pin.Attribute("vcpu") is { } vcpu && LibvirtNumbers.TryParse((string?)pin.Attribute("cpuset")) is { } cpus)
            {
                pins[vcpu] = cpus;
            }
        }

        return pins;
    }

    public static int CountOf(XElement domain) => int.TryParse(domain.Element("vcpu")?.Value.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 1;

    /// <summary>Of all vCPUs that are pinned.</summary>
    public static NumberSet CpusOf(XElement domain) => Of(domain).Values.Aggregate(NumberSet.Empty, static (a, b) => a.Union(b));
}
