using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace GuestTune.Controller.Inventory;

/// <summary>
/// Reads one YAML document into nodes with line numbers. Anchors, aliases and tags are refused: an inventory has no
/// use for them, and aliases let a small file grow without bound.
/// </summary>
internal static class YamlTree
{
    private const int MaxDepth = 8;

    /// <returns>Null for an empty document.</returns>
    /// <exception cref="YamlException">The text is no YAML, or uses more of YAML than is wanted here.</exception>
    public static YamlNode? Read(TextReader text)
    {
        var parser = new Parser(text);
        try
        {
            return Document(parser);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // The scanner has paths for malformed text that do not end in its own exception.
            var end = parser.Current?.End ?? Mark.Empty;
            throw new YamlException(end, end, "malformed text after this line", e);
        }
    }

    private static YamlNode? Document(Parser parser)
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
        {
            return null;
        }

        parser.Consume<DocumentStart>();
        var root = Node(parser, 0);
        parser.Consume<DocumentEnd>();
        if (!parser.Accept<StreamEnd>(out _) && parser.Current is { } next)
        {
            throw new YamlException(next.Start, next.End, "there is a second document; one is all that is read");
        }

        return root;
    }

    private static YamlNode Node(Parser parser, int depth)
    {
        var current = parser.Current ?? throw new YamlException("unexpected end of the file");
        if (depth > MaxDepth)
        {
            throw new YamlException(current.Start, current.End, $"nested deeper than {MaxDepth} levels");
        }

        if (current is AnchorAlias || (current is NodeEvent { Anchor.IsEmpty: false }))
        {
            throw new YamlException(current.Start, current.End, "anchors and aliases are not supported here");
        }

        if (current is NodeEvent { Tag.IsEmpty: false })
        {
            throw new YamlException(current.Start, current.End, "tags are not supported here");
        }

        switch (current)
        {
            case Scalar scalar:
                parser.MoveNext();
                return new YamlText(scalar.Start.Line, Text(scalar));
            case SequenceStart list:
                parser.MoveNext();
                var items = new List<YamlNode>();
                while (!parser.TryConsume<SequenceEnd>(out _))
                {
                    items.Add(Node(parser, depth + 1));
                }

                return new YamlList(list.Start.Line, items);
            case MappingStart map:
                parser.MoveNext();
                var entries = new List<(YamlNode, YamlNode)>();
                while (!parser.TryConsume<MappingEnd>(out _))
                {
                    var key = Node(parser, depth + 1);
                    entries.Add((key, Node(parser, depth + 1)));
                }

                return new YamlMap(map.Start.Line, entries);
            default:
                throw new YamlException(current.Start, current.End, "unexpected content");
        }
    }

    private static string Text(Scalar scalar) =>
        scalar.Style == ScalarStyle.Plain && scalar.Value is "~" or "null" ? "" : scalar.Value;
}
