using System.Globalization;
using GuestTune.Practices.Files;

namespace GuestTune.Controller.DomainXml;

/// <summary>The process of a running domain: where what libvirt was told shows its effect.</summary>
internal sealed record QemuProcess(int Id, IReadOnlyList<string> Arguments)
{
    private const int MaximumProcesses = 100_000;
    private const int MaximumArgumentBytes = 1024 * 1024;

    /// <summary>All QEMU processes that libvirt has started, by the UUID of their domain. Anybody may start a program with such arguments: one of two that claim a UUID proves nothing.</summary>
    public static IReadOnlyDictionary<Guid, QemuProcess> All(RootedFileSystem files)
    {
        var found = new Dictionary<Guid, QemuProcess>();
        var doubtful = new HashSet<Guid>();
        foreach (var name in files.ListNames("/proc", "", MaximumProcesses))
        {
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && files.ReadText($"/proc/{name}/cmdline", MaximumArgumentBytes).Text?.TrimEnd('\0').Split('\0') is { Length: > 2 } arguments
                && Path.GetFileName(arguments[0]).StartsWith("qemu", StringComparison.Ordinal)
                && Array.IndexOf(arguments, "-uuid") is > 0 and var at && at + 1 < arguments.Length
                && Guid.TryParse(arguments[at + 1], out var uuid)
                && !found.TryAdd(uuid, new QemuProcess(id, arguments)))
            {
                doubtful.Add(uuid);
            }
        }

        foreach (var uuid in doubtful)
        {
            found.Remove(uuid);
        }

        return found;
    }

    public bool HasArgument(string part) => Arguments.Any(a => a.Contains(part, StringComparison.Ordinal));
}
