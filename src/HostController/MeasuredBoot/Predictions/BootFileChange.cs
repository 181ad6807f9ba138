using System.Text;

namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>A boot file before and after a change that was asked for, which is all that differs.</summary>
/// <param name="Lines">Those that differ, each with what differs in it.</param>
internal sealed record BootFileChange(string Path, byte[] Before, byte[] After, IReadOnlyList<BootLineChange> Lines)
{
    private const string KernelOptions = "kernelopts=";

    // A guest shows what it likes; a kernel takes 4,096 characters at most (COMMAND_LINE_SIZE), and a menu of that many kernels is none.
    private const int MaximumLineLength = 64 * 1024;
    private const int MostLines = 1024;

    /// <exception cref="UnpredictableException">A file differs in anything else.</exception>
    public static IReadOnlyList<BootFileChange> Between(BootFileSet before, BootFileSet after, IReadOnlyList<RequestedArgument> requested)
    {
        if (before.Menu != after.Menu || !before.Files.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(after.Files.Keys))
        {
            throw new UnpredictableException("boot files were added or removed, which a change of arguments does not do");
        }

        return
        [
            .. before.Files.Where(f => !f.Value.AsSpan().SequenceEqual(after.Files[f.Key]))
                .OrderBy(static f => f.Key, StringComparer.Ordinal)
                .Select(f => Compare(f.Key, f.Value, after.Files[f.Key], requested)),
        ];
    }

    private static BootFileChange Compare(string path, byte[] before, byte[] after, IReadOnlyList<RequestedArgument> requested)
    {
        var (old, now) = (Encoding.Latin1.GetString(before).Split('\n'), Encoding.Latin1.GetString(after).Split('\n'));
        if (old.Length != now.Length)
        {
            throw new UnpredictableException($"{path} has {now.Length} lines, and had {old.Length}: more than arguments was changed");
        }

        var lines = new List<BootLineChange>();
        for (var i = 0; i < old.Length; i++)
        {
            if (old[i] == now[i] || IsPadding(before, after, old[i], now[i]))
            {
                continue;
            }

            if (lines.Count == MostLines || Math.Max(old[i].Length, now[i].Length) > MaximumLineLength)
            {
                throw new UnpredictableException($"{path} has more lines that were changed than {MostLines}, or one of more than {MaximumLineLength} characters");
            }

            try
            {
                var (prefix, rest) = Arguments(old[i]);
                lines.Add(now[i].StartsWith(prefix, StringComparison.Ordinal)
                    ? new BootLineChange(old[i], now[i], ArgumentEdit.Between(rest, now[i][prefix.Length..], requested), prefix.Trim().StartsWith("linux", StringComparison.Ordinal))
                    : throw new UnpredictableException("it is no line of the kernel's arguments any more"));
            }
            catch (UnpredictableException e)
            {
                throw new UnpredictableException($"{path}, line {i + 1}: {e.Message}", e);
            }
        }

        return new BootFileChange(path, before, after, lines);
    }

    /// <summary>Of GRUB's environment block, whose size stays.</summary>
    private static bool IsPadding(byte[] before, byte[] after, string old, string now) => before.Length == after.Length && old.All(static c => c == '#') && now.All(static c => c == '#');

    /// <summary>Cuts a line where the kernel's arguments begin: a command of grub.cfg (then the kernel is the first word), a boot loader entry, the environment block.</summary>
    private static (string Prefix, string Line) Arguments(string line)
    {
        if (line.StartsWith(KernelOptions, StringComparison.Ordinal))
        {
            return (KernelOptions, line[KernelOptions.Length..]);
        }

        var start = line.Length - line.TrimStart(' ', '\t').Length;
        var end = line.AsSpan(start).IndexOfAny(' ', '\t') is >= 0 and var blank ? start + blank : line.Length;
        return line[start..end] is "linux" or "linux16" or "linuxefi" or "options"
            ? (line[..end], line[end..])
            : throw new UnpredictableException("it is no line of the kernel's arguments, and was changed");
    }
}
