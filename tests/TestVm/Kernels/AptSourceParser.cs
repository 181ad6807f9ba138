namespace GuestTune.Testing;

/// <summary>Reads both forms of sources.list(5): one line each, and deb822 paragraphs.</summary>
internal static class AptSourceParser
{
    private static readonly char[] Blanks = [' ', '\t'];

    public static IReadOnlyList<AptSource> ReadAll(string root = "/")
    {
        var parts = Path.Combine(root, "etc/apt/sources.list.d");
        var files = Directory.Exists(parts) ? Directory.GetFiles(parts).Order(StringComparer.Ordinal).ToList() : [];
        files.Insert(0, Path.Combine(root, "etc/apt/sources.list"));
        return files.Where(File.Exists)
            .SelectMany(f => Path.GetExtension(f) switch
            {
                ".list" => ParseLines(File.ReadAllText(f)),
                ".sources" => ParseDeb822(File.ReadAllText(f)),
                _ => [],
            })
            .ToList();
    }

    public static IEnumerable<AptSource> ParseLines(string text)
    {
        foreach (var line in text.Split('\n').Select(l => l.Split('#')[0].Trim()))
        {
            if (!line.StartsWith("deb ", StringComparison.Ordinal) && !line.StartsWith("deb\t", StringComparison.Ordinal))
            {
                continue;
            }

            var rest = line[4..].Trim();
            var options = "";
            if (rest.StartsWith('[') && rest.IndexOf(']', StringComparison.Ordinal) is > 0 and var end)
            {
                options = rest[1..end];
                rest = rest[(end + 1)..].Trim();
            }

            if (rest.Split(Blanks, StringSplitOptions.RemoveEmptyEntries) is [var uri, var suite, ..])
            {
                yield return new AptSource(uri, [suite], ParseLineOptions(options));
            }
        }
    }

    public static IEnumerable<AptSource> ParseDeb822(string text)
    {
        foreach (var fields in SplitParagraphs(text))
        {
            var words = (string name) => fields.GetValueOrDefault(name, "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (!words("types").Contains("deb") || fields.GetValueOrDefault("enabled", "yes").Trim() is "no" or "false")
            {
                continue;
            }

            var options = Wanted(fields.Select(f => KeyValuePair.Create(f.Key, f.Value)));
            foreach (var uri in words("uris"))
            {
                yield return new AptSource(uri, words("suites"), options);
            }
        }
    }

    private static List<KeyValuePair<string, string>> ParseLineOptions(string options) => Wanted(
        options.Split(Blanks, StringSplitOptions.RemoveEmptyEntries)
            .Select(o => o.Split('=', 2))
            .Where(o => o.Length == 2)
            .Select(o => KeyValuePair.Create(o[0], o[1])));

    // Architectures, languages and targets are left to apt's defaults: one kernel package needs none of them.
    private static List<KeyValuePair<string, string>> Wanted(IEnumerable<KeyValuePair<string, string>> options) => options
        .Where(o => o.Key.ToLowerInvariant() is "signed-by" or "trusted" or "check-valid-until" or "check-date")
        .ToList();

    private static IEnumerable<Dictionary<string, string>> SplitParagraphs(string text)
    {
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var last = "";
        foreach (var line in text.Split('\n').Append(""))
        {
            if (line.StartsWith('#'))
            {
                continue;
            }

            if (string.IsNullOrWhiteSpace(line))
            {
                if (fields.Count > 0)
                {
                    yield return fields;
                }

                fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            }
            else if (char.IsWhiteSpace(line[0]) && last.Length > 0)
            {
                // A continued field: an inlined key of Signed-By keeps its lines.
                fields[last] = fields.GetValueOrDefault(last, "") + "\n" + line;
            }
            else if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
            {
                last = line[..colon].Trim();
                fields[last] = line[(colon + 1)..].Trim();
            }
        }
    }
}
