using GuestTune.Practices.Files;

namespace GuestTune.Controller.DomainXml.RawDevices;

/// <summary>A block device of the host, as sysfs and the mount table show it.</summary>
internal sealed class BlockDevice
{
    private const string Class = "/sys/class/block";
    private const string Btrfs = "/sys/fs/btrfs";

    /// <summary>A daemon in a mount namespace of its own may not see all that the host has mounted; init does.</summary>
    private static readonly string[] MountTables = ["/proc/1/mountinfo", "/proc/self/mountinfo"];

    private readonly RootedFileSystem _files;

    private BlockDevice(RootedFileSystem files, string path, string name) => (_files, Path, Name) = (files, path, name);

    /// <summary>As it was named, e.g. a link in /dev/disk/by-id.</summary>
    public string Path { get; }

    /// <summary>The kernel's name, e.g. sdc.</summary>
    public string Name { get; }

    /// <returns>Null where the host has no such block device.</returns>
    public static BlockDevice? Find(RootedFileSystem files, string path) =>
        NameOf(files, path) is { } name && files.FileExists($"{Class}/{name}/dev") ? new BlockDevice(files, path, name) : null;

    /// <summary>Why only a part of a disk or none is behind it, so that a guest could not talk SCSI to it; null where it is a whole SCSI disk.</summary>
    public string? WhyNoScsiDisk()
    {
        if (_files.FileExists($"{Class}/{Name}/partition"))
        {
            return $"{Path} is a partition ({Name}), and a guest can have only a whole disk so";
        }

        if (Text("dm/uuid") is { } uuid)
        {
            return uuid.StartsWith("mpath-", StringComparison.Ordinal) ? null : $"{Path} is the device-mapper volume {Text("dm/name") ?? Name}, not a SCSI disk";
        }

        return _files.DirectoryExists($"{Class}/{Name}/loop") ? $"{Path} is a loop device over {Text("loop/backing_file") ?? "a file"}, not a SCSI disk"
            : _files.DirectoryExists($"{Class}/{Name}/md") ? $"{Path} is a RAID of the kernel ({Name}), not a SCSI disk"
            : _files.FileExists($"{Class}/{Name}/device/scsi_level") ? null
            : $"{Path} ({Name}) is no SCSI device: the kernel has no SCSI level of it";
    }

    /// <summary>Who on this host uses it or a part of it; null where nobody does.</summary>
    public string? WhyUsed()
    {
        foreach (var part in Parts())
        {
            var shown = string.Equals(part, Name, StringComparison.Ordinal) ? Path : $"{Path} ({part})";
            if (_files.ReadText($"{Class}/{part}/dev").Value is { } number && MountPoint(number, part) is { } place)
            {
                return $"{shown} is mounted on {place}";
            }

            if (_files.ListNames(Btrfs, "").Any(u => _files.DirectoryExists($"{Btrfs}/{u}/devices/{part}")))
            {
                return $"{shown} is part of a btrfs that is mounted";
            }

            if (IsSwap(part))
            {
                return $"{shown} is swap of this host";
            }

            if (_files.ListNames($"{Class}/{part}/holders", "") is { Count: > 0 } holders)
            {
                return $"{shown} is used by {string.Join(", ", holders.Select(h => _files.ReadText($"{Class}/{h}/dm/name").Value is { } volume ? $"{h} ({volume})" : h))}";
            }
        }

        return null;
    }

    /// <summary>They are the same device, or one is a partition of the other.</summary>
    public bool Overlaps(BlockDevice other) => Parts().Contains(other.Name, StringComparer.Ordinal) || other.Parts().Contains(Name, StringComparer.Ordinal);

    private string? Text(string name) => _files.ReadText($"{Class}/{Name}/{name}").Value;

    /// <summary>Itself and its partitions, which are folders of it.</summary>
    private IEnumerable<string> Parts() =>
        [Name, .. _files.ListNames($"{Class}/{Name}", "").Where(n => n.StartsWith(Name, StringComparison.Ordinal) && _files.FileExists($"{Class}/{Name}/{n}/partition"))];

    // MAJOR:MINOR, root, mount point, options, optional fields, "-", type, source (proc_pid_mountinfo(5)). btrfs has a number that is no device's.
    private string? MountPoint(string number, string part) => MountTables
        .SelectMany(f => (_files.ReadText(f, 4 * 1024 * 1024).Text ?? "").Split('\n')).Select(static l => l.Split(' '))
        .FirstOrDefault(f => f.Length > 4 && (string.Equals(f[2], number, StringComparison.Ordinal)
            || (Array.IndexOf(f, "-") + 2 is > 6 and var source && source < f.Length && f[source].StartsWith("/dev/", StringComparison.Ordinal) && NameOf(_files, f[source]) == part)))?[4];

    private static string? NameOf(RootedFileSystem files, string path)
    {
        try
        {
            return System.IO.Path.GetFileName(files.Resolve(path));
        }
        catch (FileProblemException)
        {
            return null;
        }
    }

    private bool IsSwap(string part) => (_files.ReadText("/proc/swaps").Text ?? "").Split('\n').Any(l => string.Equals(System.IO.Path.GetFileName(l.Split(' ', '\t')[0]), part, StringComparison.Ordinal));
}
