using System.Buffers;
using System.Text;
using GuestTune.Controller.Channel;
using GuestTune.Controller.QemuGa;
using GuestTune.Controller.Rendering;
using YamlDotNet.Core;

namespace GuestTune.Controller.Inventory;

/// <summary>
/// Reads the inventory strictly: whatever it does not know is a mistake, and all mistakes are reported in one go, each
/// with its line.
/// </summary>
internal sealed class InventoryParser
{
    public const string SourceName = "inventory";

    private const string QemuGaKey = "qemu-ga";
    private const string MonitorKey = "monitor";

    // sun_path of sockaddr_un is 108 bytes with its final zero (unix(7)).
    private const int MaxSocketPathBytes = 107;
    private const int MaxNameLength = 255;
    private const int MaxLabelLength = 255;
    private const int MaxMistakesShown = 100;
    private static readonly SearchValues<char> NotInNames = SearchValues.Create("*?[]/\\\"' ");

    private readonly string _directory;
    private readonly List<(long Line, string Message)> _mistakes = [];
    private readonly Dictionary<string, long> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Line, string Name)> _channels = new(StringComparer.Ordinal);

    private InventoryParser(string directory) => _directory = directory;

    /// <param name="path">The file's path: for messages, and relative channels start in its directory.</param>
    /// <exception cref="VmSourceException">Names every mistake with its line.</exception>
    public static IReadOnlyList<VmEntry> Parse(string path, TextReader text)
    {
        var parser = new InventoryParser(Path.GetDirectoryName(Path.GetFullPath(path))!);
        IReadOnlyList<VmEntry> vms;
        try
        {
            vms = parser.Root(YamlTree.Read(text));
        }
        catch (YamlException e)
        {
            throw new VmSourceException($"inventory {path}: line {e.Start.Line}: not valid YAML: {TerminalText.Escape(e.Message, 300)}", e);
        }

        if (parser._mistakes.Count == 0)
        {
            return vms;
        }

        var message = new StringBuilder($"inventory {path} has {parser._mistakes.Count} mistake{(parser._mistakes.Count == 1 ? "" : "s")}:");
        foreach (var (line, mistake) in parser._mistakes.OrderBy(m => m.Line).Take(MaxMistakesShown))
        {
            message.Append($"\n  line {line}: {mistake}");
        }

        if (parser._mistakes.Count > MaxMistakesShown)
        {
            message.Append($"\n  and {parser._mistakes.Count - MaxMistakesShown} more");
        }

        throw new VmSourceException(message.ToString());
    }

    private List<VmEntry> Root(YamlNode? root)
    {
        var vms = new List<VmEntry>();
        if (root is null or YamlText { Value.Length: 0 })
        {
            Mistake(1, "the file is empty; it needs the key 'vms' with a list of VMs (an empty list is 'vms: []')");
            return vms;
        }

        if (root is not YamlMap map)
        {
            Mistake(root.Line, $"the file must be a mapping with the key 'vms', not {Shown(root)}");
            return vms;
        }

        var fields = Fields(map, "the file", "vms");
        if (!fields.TryGetValue("vms", out var list))
        {
            Mistake(map.Line, "the key 'vms' is missing");
        }
        else if (list is YamlList { Items: var items })
        {
            foreach (var item in items)
            {
                if (Vm(item) is { } vm)
                {
                    vms.Add(vm);
                }
            }
        }
        else
        {
            Mistake(list.Line, $"'vms' must be a list of VMs, not {Shown(list)}");
        }

        return vms;
    }

    private VmEntry? Vm(YamlNode node)
    {
        if (node is not YamlMap map)
        {
            Mistake(node.Line, $"a VM must be a mapping with 'name' and 'channel', not {Shown(node)}");
            return null;
        }

        var fields = Fields(map, "a VM", "name", "channel", QemuGaKey, MonitorKey, "labels");
        var name = Name(map, fields);
        var channel = Channel(map, fields, name);
        var qemuGa = fields.TryGetValue(QemuGaKey, out var port) ? Socket(port, QemuGaKey, name) : null;
        var labels = Labels(fields);
        var monitor = fields.TryGetValue(MonitorKey, out var qmp) ? Socket(qmp, MonitorKey, name) : null;
        return name is null || channel is null
            ? null
            : new VmEntry(name, SourceName, new SocketChannel(channel), labels, QemuGa: qemuGa is null ? null : new QemuGaSocketAddress(qemuGa), Monitor: monitor);
    }

    private string? Name(YamlMap map, Dictionary<string, YamlNode> fields)
    {
        if (!fields.TryGetValue("name", out var node))
        {
            Mistake(map.Line, "the VM has no 'name'");
            return null;
        }

        if (node is not YamlText { Value: { Length: > 0 } name })
        {
            Mistake(node.Line, $"'name' must be a text, not {Shown(node)}");
            return null;
        }

        if (name.Length > MaxNameLength || name[0] == '-' || name.AsSpan().ContainsAny(NotInNames) || !IsPrintable(name))
        {
            Mistake(node.Line, $"the name '{TerminalText.Escape(name, 80)}' is not allowed: at most {MaxNameLength} characters, no spaces, none of * ? [ ] / \\ \" ', no '-' at the beginning");
            return null;
        }

        if (_names.TryGetValue(name, out var first))
        {
            Mistake(node.Line, $"the name '{name}' is used twice; first on line {first}");
            return null;
        }

        _names.Add(name, node.Line);
        return name;
    }

    private string? Channel(YamlMap map, Dictionary<string, YamlNode> fields, string? name)
    {
        if (!fields.TryGetValue("channel", out var node))
        {
            Mistake(map.Line, $"the VM{(name is null ? "" : $" '{name}'")} has no 'channel' (the path of the UNIX socket that QEMU serves)");
            return null;
        }

        return Socket(node, "channel", name);
    }

    /// <summary>No two ports share a socket.</summary>
    private string? Socket(YamlNode node, string key, string? name)
    {
        if (node is not YamlText { Value: { Length: > 0 } text } || !IsPrintable(text))
        {
            Mistake(node.Line, $"'{key}' must be the path of a UNIX socket, not {Shown(node)}");
            return null;
        }

        var path = Path.GetFullPath(text, _directory);
        var size = Encoding.UTF8.GetByteCount(path);
        if (size > MaxSocketPathBytes)
        {
            Mistake(node.Line, $"the {key} '{TerminalText.Escape(path, 160)}' has {size} bytes; Linux allows {MaxSocketPathBytes} for the path of a socket");
            return null;
        }

        if (_channels.TryGetValue(path, out var first))
        {
            Mistake(node.Line, $"the {key} '{path}' is used twice; first on line {first.Line} by '{first.Name}'");
            return null;
        }

        _channels.Add(path, (node.Line, name ?? "?"));
        return path;
    }

    private Dictionary<string, string> Labels(Dictionary<string, YamlNode> fields)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!fields.TryGetValue("labels", out var node) || node is YamlText { Value.Length: 0 })
        {
            return labels;
        }

        if (node is not YamlMap map)
        {
            Mistake(node.Line, $"'labels' must be a mapping of texts, e.g. {{role: db}}, not {Shown(node)}");
            return labels;
        }

        foreach (var (keyNode, valueNode) in map.Entries)
        {
            if (keyNode is not YamlText { Value: var key } || !LabelSyntax.IsKey(key))
            {
                Mistake(keyNode.Line, $"a label's key must be {LabelSyntax.KeyRule}, not {Shown(keyNode)}");
            }
            else if (valueNode is not YamlText { Value: var value } || value.Length > MaxLabelLength || !IsPrintable(value))
            {
                Mistake(valueNode.Line, $"the value of label '{key}' must be a text of at most {MaxLabelLength} characters, not {Shown(valueNode)}");
            }
            else if (!labels.TryAdd(key, value))
            {
                Mistake(keyNode.Line, $"the label '{key}' is given twice");
            }
        }

        return labels;
    }

    private Dictionary<string, YamlNode> Fields(YamlMap map, string owner, params string[] known)
    {
        var fields = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach (var (keyNode, value) in map.Entries)
        {
            var key = (keyNode as YamlText)?.Value;
            if (key is null || !known.Contains(key, StringComparer.Ordinal))
            {
                Mistake(keyNode.Line, $"unknown key {Shown(keyNode)}; {owner} may have: {string.Join(", ", known)}");
            }
            else if (!fields.TryAdd(key, value))
            {
                Mistake(keyNode.Line, $"the key '{key}' is given twice");
            }
        }

        return fields;
    }

    private void Mistake(long line, string message) => _mistakes.Add((line, message));

    private static bool IsPrintable(string text) => string.Equals(TerminalText.Escape(text, int.MaxValue), text, StringComparison.Ordinal);

    private static string Shown(YamlNode node) => node is YamlText { Value: { Length: > 0 } text } ? $"'{TerminalText.Escape(text, 80)}'" : node.Kind;
}
