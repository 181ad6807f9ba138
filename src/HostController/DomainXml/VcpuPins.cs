using System.Xml.Linq;
using GuestTune.Practices.Values;

namespace GuestTune.Controller.DomainXml;

/// <summary>Which host CPUs the vCPUs of a domain are pinned to (formatdomain.html, CPU Tuning).</summary>
internal static class VcpuPins
{
    public static SortedDictionary<int, NumberSet> Of(XElement domain)
    {
        var pins = new SortedDictionary<int, NumberSet>();
        foreach (var pin in domain.Elements("cputune").Elements("vcpupin"))
        {
            if ((int?)pin.Attribute("vcpu") is { } vcpu && LibvirtNumbers.TryParse((string?)pin.Attribute("cpuset")) is { } cpus)
            {
                pins[vcpu] = cpus;
            }
        }

        return pins;
    }

    /// <summary>Of all vCPUs that are pinned.</summary>
    public static NumberSet CpusOf(XElement domain) => Of(domain).Values.Aggregate(NumberSet.Empty, static (a, b) => a.Union(b));
}
