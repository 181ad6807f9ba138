using System.Text;
using System.Xml.Linq;

namespace GuestTune.Controller.DomainXml.Editing;

/// <summary>One text for all XML that means the same to libvirt: the order of attributes, prefixes of namespaces and whitespace between elements do not count.</summary>
internal static class CanonicalXml
{
    public static string Of(XElement element)
    {
        var text = new StringBuilder();
        Append(text, element);
        return text.ToString();
    }

    /// <param name="added">Whether a child is one of those that libvirt adds by itself, so that it does not count.</param>
    public static string Of(XElement element, Func<XElement, bool> added)
    {
        var copy = new XElement(element);
        foreach (var child in copy.Descendants().Where(added).ToArray())
        {
            child.Remove();
        }

        return Of(copy);
    }

    private static void Append(StringBuilder text, XElement element)
    {
        text.Append('<').Append(element.Name);
        foreach (var attribute in element.Attributes().Where(static a => !a.IsNamespaceDeclaration).OrderBy(static a => a.Name.ToString(), StringComparer.Ordinal))
        {
            text.Append(' ').Append(attribute.Name).Append("='");
            AppendEscaped(text, attribute.Value);
            text.Append('\'');
        }

        text.Append('>');
        foreach (var node in element.Nodes())
        {
            switch (node)
            {
                case XElement child:
                    Append(text, child);
                    break;
                case XText content when !string.IsNullOrWhiteSpace(content.Value) || !element.HasElements:
                    AppendEscaped(text, content.Value);
                    break;
                case XComment comment:
                    text.Append("<!--").Append(comment.Value).Append("-->");
                    break;
            }
        }

        text.Append("</>");
    }

    private static void AppendEscaped(StringBuilder text, string value)
    {
        foreach (var c in value)
        {
            _ = c switch
            {
                '<' => text.Append("&lt;"),
                '&' => text.Append("&amp;"),
                '\'' => text.Append("&apos;"),
                _ => text.Append(c),
            };
        }
    }
}
