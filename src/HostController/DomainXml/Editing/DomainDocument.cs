using System.Security.Cryptography;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml.Editing;

/// <summary>The XML of a domain as a tree that keeps all that is not edited: order, comments, namespaces, whitespace.</summary>
internal sealed class DomainDocument
{
    /// <summary>More than libvirt sends (VIR_NET_MESSAGE_STRING_MAX: 4 MiB in older ones, 16 MiB now).</summary>
    private const int MaximumCharacters = 16 * 1024 * 1024;

    /// <summary>As libxml2 without XML_PARSE_HUGE, so nothing that libvirt has can be deeper.</summary>
    private const int MaximumDepth = 256;

    /// <summary>Shorter texts cannot be so deep that it would matter.</summary>
    private const int DeepLength = 64 * 1024;

    private static readonly XmlReaderSettings Settings = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MaximumCharacters };

    private string? _canonical;

    private DomainDocument(XElement root) => Root = root;

    public XElement Root { get; }

    /// <summary>The same for all texts that mean the same; of the tree as it was when this was first asked for.</summary>
    public string Canonical => _canonical ??= CanonicalXml.Of(Root);

    /// <summary>Short, for people: the first digits of the SHA-256 of <see cref="Canonical"/>.</summary>
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Canonical)))[..12];

    /// <exception cref="PracticeException">It is not the XML of a domain.</exception>
    public static DomainDocument Parse(string xml) => ParseAny(xml, LoadOptions.PreserveWhitespace) is { Name: var name } root && name == "domain"
        ? new DomainDocument(root)
        : throw PracticeException.Precondition("libvirt's XML of the domain is not taken: its root is not <domain>");

    /// <summary>What libvirt says of other things, which is only read.</summary>
    /// <exception cref="PracticeException">It is not XML.</exception>
    public static XElement ParseOther(string xml) => ParseAny(xml, LoadOptions.None);

    /// <summary>A copy with these items changed.</summary>
    /// <exception cref="PracticeException">One of them cannot be written into this domain.</exception>
    public DomainDocument With(IEnumerable<(DomainPath Path, string? Value)> edits)
    {
        var copy = new DomainDocument(new XElement(Root));
        foreach (var (path, value) in edits)
        {
            path.Write(copy.Root, value);
        }

        return copy;
    }

    public string ToText()
    {
        var text = new StringBuilder();
        using (var writer = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true, NewLineHandling = NewLineHandling.Entitize }))
        {
            Root.WriteTo(writer);
        }

        return text.Append('\n').ToString();
    }

    private static XElement ParseAny(string xml, LoadOptions options)
    {
        try
        {
            if (xml.Length > DeepLength)
            {
                CheckDepth(xml);
            }

            using var reader = XmlReader.Create(new StringReader(xml), Settings);
            return XDocument.Load(reader, options).Root!;
        }
        catch (XmlException e)
        {
            throw PracticeException.Precondition($"libvirt's XML is not taken: {e.Message}");
        }
    }

    private static void CheckDepth(string xml)
    {
        using var reader = XmlReader.Create(new StringReader(xml), Settings);
        while (reader.Read())
        {
            if (reader.Depth > MaximumDepth)
            {
                throw new XmlException($"elements are nested deeper than {MaximumDepth}");
            }
        }
    }
}
