using System.Xml;
using System.Xml.Linq;
using GuestTune.Controller.Channel;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.QemuGa;
using GuestTune.Controller.Rendering;

namespace GuestTune.Controller.Libvirt;

/// <summary>Finds the agent's channel and the labels in the live XML of a domain (formatdomain.html, "Channel").</summary>
internal static class DomainXml
{
    public const string PortName = "org.guesttune.agent.0";

    /// <summary>libvirt connects to it by itself, and passes questions on.</summary>
    private const string QemuGaPortName = "org.qemu.guest_agent.0";

    /// <summary>Namespace of <c>&lt;labels&gt;&lt;label key='role' value='db'/&gt;&lt;/labels&gt;</c> in a domain's metadata.</summary>
    public const string MetadataNamespace = "urn:guesttune:v1";

    private const string HowToAdd =
        "guesttune vm set agent-channel adds <channel type='unix'><target type='virtio' name='" + PortName + "'/></channel>; start it anew where that says so";

    /// <exception cref="LibvirtException">It is gone, or libvirt is.</exception>
    public static VmEntry ToEntry(LibvirtDomain domain, string source, DomainXmlFlags flags, Predicate<string> canConnect)
    {
        try
        {
            return ToEntry(domain.Name, source, domain.Xml(flags), canConnect);
        }
        catch (LibvirtException e) when (e.Code == LibvirtErrorCode.Rpc)
        {
            return new VmEntry(domain.Name, source, null, NoLabels, $"libvirt cannot hand over the domain's XML, which is too large: {TerminalText.Escape(e.Message, 200)}");
        }
    }

    /// <param name="canConnect">Whether a socket that QEMU serves can be used from here; libvirt is gone through for those that cannot.</param>
    public static VmEntry ToEntry(string name, string source, string xml, Predicate<string> canConnect)
    {
        XElement domain;
        try
        {
            using var reader = XmlReader.Create(new StringReader(xml), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
            domain = XElement.Load(reader);
        }
        catch (XmlException e)
        {
            return new VmEntry(name, source, null, NoLabels, $"libvirt's XML of the domain cannot be read: {TerminalText.Escape(e.Message, 200)}");
        }

        var (path, problem) = Socket(domain);
        ChannelAddress? channel = path is null ? null : canConnect(path) ? new SocketChannel(path) : new LibvirtChannel(source, name);
        var hasQemuGa = Ports(domain, QemuGaPortName).Any();
        return new VmEntry(name, source, channel, Labels(domain), problem, hasQemuGa ? new QemuGaLibvirtAddress(source, name) : null);
    }

    private static Dictionary<string, string> NoLabels { get; } = new(StringComparer.Ordinal);

    private static (string? Path, string? Problem) Socket(XElement domain)
    {
        var ours = Ports(domain, PortName).FirstOrDefault();
        if (ours is null)
        {
            return (null, $"the domain has no channel {PortName}; {HowToAdd}");
        }

        if (!Is(ours, "type", "unix"))
        {
            return (null, $"the domain's channel {PortName} is of type '{TerminalText.Escape((string?)ours.Attribute("type") ?? "", 40)}' and must be 'unix'; {HowToAdd}");
        }

        var source = ours.Element("source");
        var path = (string?)source?.Attribute("path");
        if (string.IsNullOrEmpty(path))
        {
            return (null, $"libvirt names no socket for the domain's channel {PortName}; is the domain running?");
        }

        return string.Equals((string?)source!.Attribute("mode"), "connect", StringComparison.Ordinal)
            ? (null, $"the domain's channel {PortName} has <source mode='connect'>: QEMU connects to {TerminalText.Escape(path, 120)} instead of serving it; use mode='bind'")
            : (path, null);
    }

    private static IEnumerable<XElement> Ports(XElement domain, string name) => domain.Elements("devices").Elements("channel")
        .Where(c => c.Element("target") is { } target && Is(target, "type", "virtio") && Is(target, "name", name));

    private static Dictionary<string, string> Labels(XElement domain)
    {
        XNamespace space = MetadataNamespace;
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var label in domain.Elements("metadata").Elements(space + "labels").Elements())
        {
            if (string.Equals(label.Name.LocalName, "label", StringComparison.Ordinal)
                && (string?)label.Attribute("key") is { } key && LabelSyntax.IsKey(key))
            {
                labels[key] = (string?)label.Attribute("value") ?? "";
            }
        }

        return labels;
    }

    private static bool Is(XElement element, string attribute, string value) =>
        string.Equals((string?)element.Attribute(attribute), value, StringComparison.Ordinal);
}
