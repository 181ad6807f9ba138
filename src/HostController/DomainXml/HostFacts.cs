using System.Globalization;
using System.Xml.Linq;
using GuestTune.Practices.Files;
using GuestTune.Practices.Values;

namespace GuestTune.Controller.DomainXml;

/// <summary>What libvirt and the kernel say of the host; each is asked for once in a call, by the first domain that needs it.</summary>
internal sealed class HostFacts(RootedFileSystem files)
{
    private readonly Lock _lock = new();
    private readonly Lock _pinnedLock = new();
    private readonly Dictionary<string, XElement?> _domainCapabilities = new(StringComparer.Ordinal);
    private XElement? _capabilities;
    private int? _cpuNumbers;
    private IReadOnlyList<PinnedDomain>? _pinnedDomains;
    private IReadOnlyDictionary<Guid, QemuProcess>? _processes;

    public RootedFileSystem Files => files;

    public string BootId => files.ReadText("/proc/sys/kernel/random/boot_id").Value?.Trim() ?? "";

    public XElement Capabilities(IDomainHost host)
    {
        lock (_lock)
        {
            return _capabilities ??= Editing.DomainDocument.ParseOther(host.Capabilities());
        }
    }

    /// <returns>What domains of this kind can have; null where libvirt does not say.</returns>
    public XElement? DomainCapabilities(IDomainHost host, XElement domain)
    {
        var os = domain.Element("os")?.Element("type");
        string?[] kind = [(string?)domain.Element("devices")?.Element("emulator"), (string?)os?.Attribute("arch"), (string?)os?.Attribute("machine"), (string?)domain.Attribute("type")];
        var key = string.Join('\n', kind);
        lock (_lock)
        {
            if (!_domainCapabilities.TryGetValue(key, out var found))
            {
                found = host.DomainCapabilities(kind[0], kind[1], kind[2], kind[3]) is { } xml ? Editing.DomainDocument.ParseOther(xml) : null;
                _domainCapabilities.Add(key, found);
            }

            return found;
        }
    }

    public int CpuNumbers(IDomainHost host)
    {
        lock (_lock)
        {
            return _cpuNumbers ??= host.CpuNumbers();
        }
    }

    /// <summary>As /proc showed them when they were first asked for in this call.</summary>
    public IReadOnlyDictionary<Guid, QemuProcess> Processes
    {
        get
        {
            lock (_lock)
            {
                return _processes ??= QemuProcess.All(files);
            }
        }
    }

    /// <summary>Where vCPUs are pinned, of all domains that libvirt has; of those that run also as they run. Asking all of them takes long, which holds up nobody who needs something else.</summary>
    public IReadOnlyList<PinnedDomain> PinnedDomains(IDomainHost host)
    {
        lock (_pinnedLock)
        {
            return _pinnedDomains ??= [.. host.Definitions().Select(PinnedDomain.Of)];
        }
    }

    /// <summary>The host's CPUs by NUMA node.</summary>
    public IReadOnlyDictionary<int, NumberSet> Nodes(IDomainHost host) => Capabilities(host)
        .Elements("host").Elements("topology").Elements("cells").Elements("cell")
        .ToDictionary(static c => Number(c, "id"), static c => new NumberSet(c.Elements("cpus").Elements("cpu").Select(static p => Number(p, "id"))));

    /// <summary>How many pages of each size, in KiB, each NUMA node's pool has; the usual small ones too.</summary>
    public IEnumerable<(int Node, int SizeKib, long Count)> Pools(IDomainHost host) =>
        from cell in Capabilities(host).Elements("host").Elements("topology").Elements("cells").Elements("cell")
        from pages in cell.Elements("pages")
        select (Number(cell, "id"), Number(pages, "size"), long.Parse(pages.Value, CultureInfo.InvariantCulture));

    private static int Number(XElement element, string attribute) => int.Parse((string?)element.Attribute(attribute) ?? "-1", NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
