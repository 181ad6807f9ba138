using System.Text;

namespace GuestTune.MeasuredBoot.Grub;

/// <summary>GRUB's environment block, a file of fixed size that GRUB itself writes in place (grub-core/lib/envblk.c).</summary>
public static class GrubEnvironment
{
    private const string Signature = "# GRUB Environment Block\n";

    /// <summary>Its size as grub-editenv makes it.</summary>
    private const int SizeBytes = 1024;

    /// <summary>As grub-editenv makes a new one.</summary>
    public static string Empty { get; } = Signature.PadRight(SizeBytes, '#');

    /// <returns>Empty where the text is no environment block.</returns>
    public static IReadOnlyDictionary<string, string> Parse(string? text)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (line, _) in Lines(text ?? string.Empty))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                variables[line[..equals]] = Unescape(line[(equals + 1)..]);
            }
        }

        return variables;
    }

    /// <summary>Everything else stays as it is; the padding gives or takes the room.</summary>
    /// <exception cref="IOException">Not an environment block, no such variable, or no room in it.</exception>
    public static string Set(string text, string path, string name, string value)
    {
        foreach (var (line, start) in Lines(text))
        {
            if (!line.StartsWith(name + "=", StringComparison.Ordinal))
            {
                continue;
            }

            return Pad(text[..start] + name + "=" + Escape(value) + text[(start + line.Length)..], text, path, name);
        }

        throw new IOException($"{path} has no '{name}', or is not an environment block of GRUB");
    }

    /// <summary>Adds a variable, behind all others where it is new.</summary>
    /// <exception cref="IOException">Not an environment block, or no room in it.</exception>
    public static string Add(string text, string path, string name, string value)
        => Pad(Remove(text, path, name).TrimEnd('#') + name + "=" + Escape(value) + "\n", text, path, name);

    /// <exception cref="IOException">Not an environment block.</exception>
    public static string Remove(string text, string path, string name)
    {
        if (!text.StartsWith(Signature, StringComparison.Ordinal))
        {
            throw new IOException($"{path} is not an environment block of GRUB");
        }

        foreach (var (line, start) in Lines(text))
        {
            if (line.StartsWith(name + "=", StringComparison.Ordinal))
            {
                return Pad(text[..start] + text[Math.Min(start + line.Length + 1, text.Length)..], text, path, name);
            }
        }

        return text;
    }

    private static string Pad(string edited, string former, string path, string name)
    {
        edited = edited.TrimEnd('#');
        var size = Math.Max(former.Length, SizeBytes);
        return edited.Length <= size ? edited.PadRight(size, '#')
            : throw new IOException($"{path} has no room for '{name}': GRUB's environment block has {size} bytes");
    }

    private static IEnumerable<(string Line, int Start)> Lines(string text)
    {
        if (!text.StartsWith(Signature, StringComparison.Ordinal))
        {
            yield break;
        }

        for (var start = Signature.Length; start < text.Length;)
        {
            var end = start;
            while (end < text.Length && text[end] != '\n')
            {
                // A backslash takes the meaning from the line end, too.
                end += text[end] == '\\' ? 2 : 1;
            }

            // The padding is such a line, too, and so is a warning that newer versions begin with.
            end = Math.Min(end, text.Length);
            if (text[start] != '#')
            {
                yield return (text[start..end], start);
            }

            start = end + 1;
        }
    }

    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            i += text[i] == '\\' && i + 1 < text.Length ? 1 : 0;
            result.Append(text[i]);
        }

        return result.ToString();
    }

    private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\\n", StringComparison.Ordinal);
}
