using System.Xml.Linq;

namespace GuestTune.Controller.DomainXml.Editing;

/// <summary>One element on the way to an item: its name, and what tells it from others of that name.</summary>
internal sealed record PathStep(string Name, IReadOnlyList<PathCondition> Conditions)
{
    public XElement? Find(XElement parent) => parent.Elements(Name).FirstOrDefault(e => Conditions.All(c => c.Holds(e)));
}

/// <summary>An attribute of the element or of its first child of a name, and its value.</summary>
internal readonly record struct PathCondition(string? Child, string Attribute, string Value)
{
    public bool Holds(XElement element) => string.Equals((string?)(Child is null ? element : element.Element(Child))?.Attribute(Attribute), Value, StringComparison.Ordinal);
}
