namespace GuestTune.Controller.Inventory;

/// <summary>A piece of a YAML file that knows its line, so that every mistake can be shown where it is.</summary>
internal abstract record YamlNode(long Line)
{
    /// <summary>For error messages: "a list", "a mapping", "the text 'x'".</summary>
    public abstract string Kind { get; }
}

/// <summary>A text; numbers and booleans are texts too.</summary>
internal sealed record YamlText(long Line, string Value) : YamlNode(Line)
{
    public override string Kind => Value.Length == 0 ? "nothing" : $"the text '{Value}'";
}

/// <summary>A list of nodes.</summary>
internal sealed record YamlList(long Line, IReadOnlyList<YamlNode> Items) : YamlNode(Line)
{
    public override string Kind => "a list";
}

/// <summary>Keys and values in the order of the file; the same key may come twice, which the reader of it reports.</summary>
internal sealed record YamlMap(long Line, IReadOnlyList<(YamlNode Key, YamlNode Value)> Entries) : YamlNode(Line)
{
    public override string Kind => "a mapping";
}
