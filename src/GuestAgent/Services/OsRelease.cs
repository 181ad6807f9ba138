using GuestTune.Practices.Files;

namespace GuestTune.Agent.Services;

/// <summary>The fields of os-release(5).</summary>
internal static class OsRelease
{
    private const int MaximumFields = 64;
    private const int MaximumValueLength = 256;

    private static readonly string[] Paths = ["/etc/os-release", "/usr/lib/os-release"];

    /// <summary>Empty where there is no such file, as in an initramfs.</summary>
    public static IReadOnlyDictionary<string, string> Read(RootedFileSystem files)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in Paths)
        {
            if (files.ReadText(path).Text is { } text)
            {
                Parse(text, fields);
                break;
            }
        }

        return fields;
    }

    private static void Parse(string text, Dictionary<string, string> fields)
    {
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.Trim();
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || line[0] == '#' || fields.Count == MaximumFields)
            {
                continue;
            }

            var value = Unquote(line[(equals + 1)..]);
            fields[line[..equals]] = value.Length <= MaximumValueLength ? value : value[..MaximumValueLength];
        }
    }

    private static string Unquote(string value)
    {
        if (value.Length < 2 || value[0] is not ('"' or '\'') || value[^1] != value[0])
        {
            return value;
        }

        var inner = value[1..^1];
        if (value[0] == '\'' || !inner.Contains('\\', StringComparison.Ordinal))
        {
            return inner;
        }

        var plain = new System.Text.StringBuilder(inner.Length);
        for (var i = 0; i < inner.Length; i++)
        {
            plain.Append(inner[i] == '\\' && i + 1 < inner.Length ? inner[++i] : inner[i]);
        }

        return plain.ToString();
    }
}
