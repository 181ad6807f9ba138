using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using GuestTune.Practices;

namespace GuestTune.Controller.DomainXml.Editing;

/// <summary>
/// Names one item of a domain's XML, below the root, in a part of XPath: <c>iothreads/text()</c>,
/// <c>devices/disk[target/@dev='vda']/driver/@iothread</c>, or an element with all that is in it: <c>devices/tpm</c>. An element may end in a number,
/// <c>[2]</c>: not to find it, but its place among those of its name where it is put back.
/// </summary>
internal sealed class DomainPath
{
    private const string TextLeaf = "text()";

    /// <summary>Kept when they have become empty: libvirt always has them.</summary>
    private static readonly HashSet<string> Lasting = ["domain", "devices"];

    private readonly string _path;
    private readonly List<PathStep> _steps = [];
    private readonly string? _attribute;
    private readonly bool _isText;
    private readonly int? _place;

    /// <exception cref="FormatException">It is no such path.</exception>
    public DomainPath(string path)
    {
        _path = path;
        foreach (var part in Split(path))
        {
            if (_attribute is not null || _isText)
            {
                throw new FormatException($"'{path}' goes on behind its end");
            }

            if (part.StartsWith('@'))
            {
                _attribute = part[1..];
            }
            else if (part is TextLeaf)
            {
                _isText = true;
            }
            else if (_place is not null)
            {
                throw new FormatException($"'{path}' has a place before its end");
            }
            else
            {
                var (step, place) = SplitPlace(part);
                _place = place;
                _steps.Add(ParseStep(step, path));
            }
        }

        if (_steps.Count == 0)
        {
            throw new FormatException($"'{path}' names no element");
        }
    }

    /// <summary>A list of CPUs or NUMA nodes, which libvirt writes in its own way.</summary>
    public bool IsCpuSet => _attribute is "cpuset" or "nodeset";

    public override string ToString() => _path;

    /// <summary>The value: of an element its XML; null where it is not there.</summary>
    public string? Read(XElement root)
    {
        var element = FindElement(root);
        return _attribute is not null ? (string?)element?.Attribute(_attribute)
            : _isText ? element?.Value.Trim()
            : element?.ToString(SaveOptions.DisableFormatting);
    }

    public XElement? FindElement(XElement root)
    {
        var element = root;
        foreach (var step in _steps)
        {
            element = element is null ? null : step.Find(element);
        }

        return element;
    }

    /// <summary>The same item; of an element that others of its name follow also with its place, which an undo must know.</summary>
    public DomainPath Placed(XElement root)
    {
        if (_attribute is not null || _isText || _place is not null || FindElement(root) is not { } element || !element.ElementsAfterSelf(element.Name).Any())
        {
            return this;
        }

        return new DomainPath($"{_path}[{element.ElementsBeforeSelf(element.Name).Count() + 1}]");
    }

    /// <param name="value">Null takes the item away, and elements around it that are empty then.</param>
    /// <exception cref="PracticeException">It cannot be written into this domain.</exception>
    public void Write(XElement root, string? value)
    {
        if (value is null)
        {
            Remove(root);
        }
        else if (_attribute is not null)
        {
            Require(root, _steps.Count).SetAttributeValue(_attribute, value);
        }
        else if (_isText)
        {
            Require(root, _steps.Count).Value = value;
        }
        else
        {
            WriteElement(root, value);
        }
    }

    /// <summary>By meaning; of an element without what libvirt itself puts into it.</summary>
    public bool AreEqual(string? left, string? right)
    {
        if (left is null || right is null || _attribute is not null || _isText)
        {
            return string.Equals(left, right, StringComparison.Ordinal);
        }

        return string.Equals(Meaning(left), Meaning(right), StringComparison.Ordinal);
    }

    private static string Meaning(string xml) => CanonicalXml.Of(XElement.Parse(xml), static e => e.Name.LocalName is "address" or "alias");

    private void WriteElement(XElement root, string value)
    {
        // With its whitespace, so that what is put back is as it was.
        var element = XElement.Parse(value, LoadOptions.PreserveWhitespace);
        if (FindElement(root) is { } former)
        {
            former.ReplaceWith(element);
        }
        else
        {
            ElementPlacement.Insert(Require(root, _steps.Count - 1), element, _place);
        }
    }

    /// <summary>The element of so many steps; what is missing on the way there is made.</summary>
    private XElement Require(XElement root, int count)
    {
        var element = root;
        for (var i = 0; i < count; i++)
        {
            var step = _steps[i];
            if (step.Find(element) is not { } next)
            {
                // A device that is not there cannot be made from the name by which it is found.
                if (step.Conditions.Any(static c => c.Child is not null))
                {
                    throw PracticeException.Precondition($"the domain's definition has no {step.Name} for {_path} any more");
                }

                next = new XElement(step.Name, step.Conditions.Select(static c => new XAttribute(c.Attribute, c.Value)));
                ElementPlacement.Insert(element, next);
            }

            element = next;
        }

        return element;
    }

    private void Remove(XElement root)
    {
        if (FindElement(root) is not { } element)
        {
            return;
        }

        if (_attribute is not null)
        {
            element.SetAttributeValue(_attribute, null);

            // One that was made for this attribute has nothing left but its name.
            var conditions = _steps[^1].Conditions;
            if (element.HasElements || element.Attributes().Any(a => !conditions.Any(c => c.Child is null && c.Attribute == a.Name)))
            {
                return;
            }
        }

        do
        {
            var parent = element.Parent!;
            ElementPlacement.Remove(element);
            element = parent;
        }
        while (!element.HasElements && !element.HasAttributes && !Lasting.Contains(element.Name.LocalName) && string.IsNullOrWhiteSpace(element.Value));
    }

    private static List<string> Split(string path)
    {
        var parts = new List<string>();
        var part = new StringBuilder();
        var (isQuoted, depth) = (false, 0);
        foreach (var c in path)
        {
            isQuoted ^= c == '\'';
            depth += isQuoted ? 0 : c switch { '[' => 1, ']' => -1, _ => 0 };
            if (c == '/' && !isQuoted && depth == 0)
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else
            {
                part.Append(c);
            }
        }

        parts.Add(part.ToString());
        return isQuoted || depth != 0 ? throw new FormatException($"'{path}' does not end what it begins") : parts;
    }

    private static (string Step, int? Place) SplitPlace(string part)
    {
        var open = part.LastIndexOf('[');
        return open > 0 && part.EndsWith(']') && int.TryParse(part[(open + 1)..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? (part[..open], place) : (part, null);
    }

    private static PathStep ParseStep(string part, string path)
    {
        var open = part.IndexOf('[', StringComparison.Ordinal);
        var name = open < 0 ? part : part[..open];
        var conditions = new List<PathCondition>();
        while (open >= 0)
        {
            var equal = part.IndexOf("='", open, StringComparison.Ordinal);
            var close = equal < 0 ? -1 : part.IndexOf("']", equal, StringComparison.Ordinal);
            var left = close < 0 ? [] : part[(open + 1)..equal].Split("@");
            if (left.Length != 2 || (left[0].Length > 0 && !left[0].EndsWith('/')))
            {
                throw new FormatException($"'{path}' has a condition that is none");
            }

            conditions.Add(new PathCondition(left[0].Length == 0 ? null : left[0][..^1], left[1], part[(equal + 2)..close]));
            open = part.IndexOf('[', close);
        }

        return new PathStep(Verified(name, path), conditions);
    }

    private static string Verified(string name, string path)
    {
        try
        {
            return XmlConvert.VerifyNCName(name);
        }
        catch (Exception e) when (e is XmlException or ArgumentException)
        {
            throw new FormatException($"'{path}' has a step that is no name of an element", e);
        }
    }
}
