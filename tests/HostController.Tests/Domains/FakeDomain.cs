using System.Xml.Linq;
using GuestTune.Controller.DomainXml;
using GuestTune.Controller.DomainXml.Editing;
using GuestTune.Controller.Libvirt;
using GuestTune.Practices.Values;

namespace GuestTune.HostController.Tests.Domains;

/// <summary>A domain in memory, and the libvirt that has it: it takes every definition, and keeps running and defined apart as libvirt does.</summary>
internal sealed class FakeDomain : IDomain, IDomainHost
{
    public const string Capabilities16Cpus = """
        <capabilities><host><topology><cells num='2'>
        <cell id='0'><pages unit='KiB' size='4'>100000</pages><pages unit='KiB' size='2048'>512</pages><pages unit='KiB' size='1048576'>2</pages><cpus num='8'><cpu id='0'/><cpu id='1'/><cpu id='2'/><cpu id='3'/><cpu id='4'/><cpu id='5'/><cpu id='6'/><cpu id='7'/></cpus></cell>
        <cell id='1'><pages unit='KiB' size='4'>100000</pages><pages unit='KiB' size='2048'>512</pages><pages unit='KiB' size='1048576'>0</pages><cpus num='8'><cpu id='8'/><cpu id='9'/><cpu id='10'/><cpu id='11'/><cpu id='12'/><cpu id='13'/><cpu id='14'/><cpu id='15'/></cpus></cell>
        </cells></topology></host></capabilities>
        """;

    public FakeDomain(string persistent, string? live = null) => (Persistent, Live) = (persistent, live);

    public string Persistent { get; set; }

    public string? Live { get; set; }

    /// <summary>What the next definition fails with.</summary>
    public LibvirtException? DefineFailure { get; set; }

    /// <summary>The connection is lost over the change that comes after so many; null where it is not.</summary>
    public int? ChangesUntilLost { get; set; }

    /// <summary>The change over which the connection is lost is made.</summary>
    public bool IsLostAfterwards { get; set; }

    /// <summary>Done when the connection is lost.</summary>
    public Action? WhenLost { get; set; }

    /// <summary>libvirt cannot be asked.</summary>
    public bool IsAway { get; set; }

    /// <summary>Done before each change.</summary>
    public Action? BeforeChange { get; set; }

    /// <summary>Done when libvirt is asked for the definition with its secrets: just before it is written.</summary>
    public Action? BeforeDefine { get; set; }

    public int DefineCount { get; private set; }

    /// <summary>The definition that it was asked for last, whether it took it or not.</summary>
    public string? LastAsked { get; private set; }

    public List<DomainDefinition> Others { get; } = [];

    public string HostCapabilities { get; set; } = Capabilities16Cpus;

    public string? CapabilitiesOfDomain { get; set; }

    public Func<int, int, long> Free { get; set; } = static (_, _) => 0;

    public string Name => (string)XElement.Parse(Persistent).Element("name")!;

    public Guid Uuid { get; } = Guid.NewGuid();

    public bool IsActive => Live is not null;

    public bool IsPersistent { get; set; } = true;

    public bool HasJob
    {
        get => IsActive ? field : throw new LibvirtException("Requested operation is not valid: domain is not running");
        set;
    }

    public string Uri => "fake:///system";

    public bool IsThisHost { get; set; } = true;

    public bool HasDevicesOfThisHost => IsThisHost;

    public static DomainView View(FakeDomain domain, HostFacts? facts = null) => new(domain, facts ?? new HostFacts(new GuestTune.Practices.Files.RootedFileSystem("/")), domain);

    public string Xml(DomainXmlFlags flags)
    {
        RequireThere();
        if (flags.HasFlag(DomainXmlFlags.Secure))
        {
            BeforeDefine?.Invoke();
            return Persistent;
        }

        var xml = XElement.Parse(flags.HasFlag(DomainXmlFlags.Inactive) ? Persistent : Live ?? Persistent, LoadOptions.PreserveWhitespace);
        xml.Element("devices")?.Element("graphics")?.SetAttributeValue("passwd", null);
        return xml.ToString(SaveOptions.DisableFormatting);
    }

    public IReadOnlyList<IOThread> LiveIOThreads()
    {
        var layout = GuestTune.Controller.DomainXml.IOThreads.IOThreadLayout.Of(XElement.Parse(Live!));
        return [.. layout.Ids.Select(i => new IOThread(i, [.. layout.Pins.TryGetValue(i, out var pin) ? LibvirtNumbers.TryParse(pin)!.Numbers : Enumerable.Range(0, 16)]))];
    }

    public void AddLiveIOThread(int id) => EditLive(mustBeNew: true, $"iothreadids/iothread[@id='{id}']", $"<iothread id='{id}'/>");

    public void RemoveLiveIOThread(int id)
    {
        if (GuestTune.Controller.DomainXml.IOThreads.IOThreadLayout.Of(XElement.Parse(Live!)).Devices.FirstOrDefault(d => d.Thread == id) is { } user)
        {
            throw new LibvirtException($"invalid argument: cannot remove IOThread {id} since it is being used by disk '{user.Name}'");
        }

        EditLive(mustBeNew: false, $"iothreadids/iothread[@id='{id}']", null);
    }

    public void PinLiveIOThread(int id, IReadOnlyCollection<int> cpus) => EditLive(mustBeNew: false, $"cputune/iothreadpin[@iothread='{id}']/@cpuset", new NumberSet(cpus).ToString());

    public void AttachLive(string xml) => Change(() =>
    {
        var live = XElement.Parse(Live!);
        var device = XElement.Parse(xml);
        if (SameTarget(live, device).Any())
        {
            throw new LibvirtException("operation failed: the target is there already");
        }

        live.Element("devices")!.Add(device);
        Live = live.ToString(SaveOptions.DisableFormatting);
    });

    public void DetachLive(string xml) => Change(() =>
    {
        var live = XElement.Parse(Live!);
        SameTarget(live, XElement.Parse(xml)).Remove();
        Live = live.ToString(SaveOptions.DisableFormatting);
    });

    public string Capabilities() => HostCapabilities;

    public string? DomainCapabilities(string? emulator, string? architecture, string? machine, string? virtualization) => CapabilitiesOfDomain;

    public int CpuNumbers() => 16;

    public long FreePages(int node, int pageSizeKib) => Free(node, pageSizeKib);

    public IDomain Find(string name) => this;

    /// <summary>How often all of them were asked for.</summary>
    public int DefinitionsCount { get; private set; }

    public IReadOnlyList<DomainDefinition> Definitions()
    {
        DefinitionsCount++;
        return [new DomainDefinition(Uuid, Name, Persistent), .. Others];
    }

    private static IEnumerable<XElement> SameTarget(XElement domain, XElement device) => domain.Element("devices")!.Elements(device.Name)
        .Where(e => NameOf(e) is { } name && string.Equals(name, NameOf(device), StringComparison.Ordinal));

    private static string? NameOf(XElement device) => (string?)(device.Element("target")?.Attribute("name") ?? device.Element("target")?.Attribute("dev"));

    public void Redefine(Func<string, string?> edit)
    {
        if (edit(Xml(DomainXmlFlags.Inactive | DomainXmlFlags.Secure)) is { } xml)
        {
            Define(xml);
        }
    }

    private void Define(string xml)
    {
        if (DefineFailure is { } failure)
        {
            throw failure;
        }

        LastAsked = xml;
        Change(() =>
        {
            DefineCount++;
            Persistent = xml;
        });
    }

    public void Dispose()
    {
    }

    private void EditLive(bool mustBeNew, string path, string? value) => Change(() =>
    {
        var live = DomainDocument.Parse(Live!);
        if (mustBeNew && new DomainPath(path).Read(live.Root) is not null)
        {
            throw new LibvirtException($"invalid argument: {path} is there already");
        }

        var ids = GuestTune.Controller.DomainXml.IOThreads.IOThreadLayout.Of(live.Root).Ids;
        List<(DomainPath, string?)> edits = [.. ids.Select(i => (new DomainPath($"iothreadids/iothread[@id='{i}']"), (string?)$"<iothread id='{i}'/>")), (new DomainPath(path), value)];
        live = live.With(edits);
        var count = live.Root.Elements("iothreadids").Elements().Count();
        Live = live.With([(new DomainPath("iothreads/text()"), count == 0 ? null : $"{count}")]).ToText();
    });

    private void RequireThere()
    {
        if (IsAway)
        {
            throw new LibvirtException(LibvirtErrorCode.SystemError, 0, "Failed to connect socket") { IsUnanswered = true };
        }
    }

    private void Change(Action change)
    {
        BeforeChange?.Invoke();
        RequireThere();
        if (ChangesUntilLost is not { } left)
        {
            change();
            return;
        }

        ChangesUntilLost = left == 0 ? null : left - 1;
        if (left > 0 || IsLostAfterwards)
        {
            change();
        }

        if (left == 0)
        {
            WhenLost?.Invoke();
            throw new LibvirtException("End of file while reading data: Input/output error") { IsConnectionLost = true };
        }
    }
}
