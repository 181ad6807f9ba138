using System.Globalization;
using GuestTune.Practices;
using GuestTune.Practices.Files;

namespace GuestTune.Controller.HostPractices;

/// <summary>One line of /proc/meminfo, or of a NUMA node's own.</summary>
internal readonly record struct MemoryInformation(string Name, ulong? SizeKiB, string Source)
{
    public const string OfHost = "/proc/meminfo";

    public static MemoryInformation Read(RootedFileSystem files, string name, string source = OfHost)
    {
        foreach (var line in files.ReadText(source).Text?.Split('\n') ?? [])
        {
            // Of a node: "Node 0 MemTotal:  8123456 kB".
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var at = Array.IndexOf(words, name + ":");
            if (at >= 0 && at + 1 < words.Length && ulong.TryParse(words[at + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var size))
            {
                return new MemoryInformation(name, size, source);
            }
        }

        return new MemoryInformation(name, null, source);
    }

    public Fact ToFact() => new(Name, Scope.Context, SizeKiB is { } size ? $"{size} kB" : null, Source, SizeKiB is null ? "no such line" : null);
}
