using System.Globalization;
using System.Xml.Linq;

namespace GuestTune.Controller.DomainXml.IOThreads;

/// <summary>The IOThreads of a domain's XML: which there are, on which host CPUs, and what each serves.</summary>
internal sealed record IOThreadLayout(IReadOnlyList<int> Ids, IReadOnlyDictionary<int, string> Pins, IReadOnlyList<IOThreadDevice> Devices)
{
    public IEnumerable<(string Device, int Thread)> Assigned => Devices.Where(static d => d.Thread is not null).Select(static d => (d.Name, d.Thread!.Value));

    public static IOThreadLayout Of(XElement domain)
    {
        // libvirt writes the ids of all or of none; without them they are 1, 2, 3, ...
        var ids = domain.Elements("iothreadids").Elements("iothread").Select(static t => (int)t.Attribute("id")!).ToHashSet();
        var count = int.TryParse(domain.Element("iothreads")?.Value.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        for (var id = 1; ids.Count < count; id++)
        {
            ids.Add(id);
        }

        var pins = new Dictionary<int, string>();
        foreach (var pin in domain.Elements("cputune").Elements("iothreadpin"))
        {
            if ((int?)pin.Attribute("iothread") is { } thread && (string?)pin.Attribute("cpuset") is { } cpus)
            {
                pins[thread] = cpus;
            }
        }

        return new IOThreadLayout([.. ids.Order()], pins, [.. IOThreadDevice.Of(domain)]);
    }
}
