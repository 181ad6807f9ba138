using System.Text;

namespace GuestTune.Agent.Rebooting.BootTrials;

/// <summary>
/// GRUB's environment block (lib/envblk.c of GRUB): a header line, <c>name=value</c> lines, and <c>#</c> up to 1,024 bytes, which GRUB writes in
/// place at boot. All but the one variable that is edited keeps its bytes.
/// </summary>
internal static class GrubEnvironment
{
    public const int SizeBytes = 1024;
    private const string Header = "# GRUB Environment Block\n";

    public static string Empty { get; } = Header.PadRight(SizeBytes, '#');

    /// <param name="block">One char for each byte.</param>
    /// <exception cref="InvalidDataException">It is no such block.</exception>
    public static string? Find(string block, string name)
    {
        foreach (var line in Lines(block))
        {
            if (line.StartsWith(name + "=", StringComparison.Ordinal))
            {
                return line[(name.Length + 1)..^1];
            }
        }

        return null;
    }

    /// <param name="value">Null removes the variable.</param>
    /// <exception cref="InvalidDataException">It is no such block, or it is full.</exception>
    public static string Set(string block, string name, string? value)
    {
        var text = new StringBuilder();
        foreach (var line in Lines(block))
        {
            if (!line.StartsWith(name + "=", StringComparison.Ordinal))
            {
                text.Append(line);
            }
        }

        if (value is not null)
        {
            text.Append(name).Append('=').Append(value).Append('\n');
        }

        return text.Length <= SizeBytes
            ? text.Append('#', SizeBytes - text.Length).ToString()
            : throw new InvalidDataException($"has no room for {name}: {SizeBytes} bytes are all that GRUB reads");
    }

    /// <summary>Each with its end; a value may go on behind a backslash and a line's end.</summary>
    private static List<string> Lines(string block)
    {
        if (block.Length != SizeBytes || !block.StartsWith(Header, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"is no environment block of GRUB: {SizeBytes} bytes that begin with '{Header.TrimEnd()}'");
        }

        var lines = new List<string>();
        var end = block.TrimEnd('#').Length;
        for (int start = 0, position = 0; position < end; position++)
        {
            if (block[position] == '\\')
            {
                position++;
            }
            else if (block[position] == '\n')
            {
                lines.Add(block[start..(position + 1)]);
                start = position + 1;
            }
        }

        return lines;
    }
}
