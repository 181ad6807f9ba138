using GuestTune.Practices.Files;

namespace GuestTune.Controller.DomainXml.RawDevices;

/// <summary>A block device of the host, as sysfs and the mount table show it.</summary>
internal sealed class BlockDevice
{
    private const string Class = "/sys/class/block";

    private readonly RootedFileSystem _files;

    private BlockDevice(RootedFileSystem files, string path, string name) => (_files, Path, Name) = (files, path, name);

    /// <summary>As it was named, e.g. a link in /dev/disk/by-id.</summary>
    public string Path { get; }

    /// <summary>The kernel's name, e.g. sdc.</summary>
    public string Name { get; }

    /// <returns>Null where the host has no such block device.</returns>
    public static BlockDevice? Find(RootedFileSystem files, string path)
    {
        try
        {
            var name = System.IO.Path.GetFileName(files.Resolve(path));
            return files.FileExists($"{Class}/{name}/dev") ? new BlockDevice(files, path, name) : null;
        }
        catch (FileProblemException)
        {
            return null;
        }
    }

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
            if (_files.ReadText($"{Class}/{part}/dev").Value is { } number && MountPoint(number) is { } place)
            {
                return $"{shown} is mounted on {place}";
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

    private string? Text(string name) => _files.ReadText($"{Class}/{Name}/{name}").Value;

    /// <summary>Itself and its partitions, which are folders of it.</summary>
    private IEnumerable<string> Parts() =>
        [Name, .. _files.ListNames($"{Class}/{Name}", "").Where(n => n.StartsWith(Name, StringComparison.Ordinal) && _files.FileExists($"{Class}/{Name}/{n}/partition"))];

    // The third field of mountinfo is MAJOR:MINOR, the fifth the mount point (proc_pid_mountinfo(5)).
    private string? MountPoint(string number) => (_files.ReadText("/proc/self/mountinfo", 4 * 1024 * 1024).Text ?? "").Split('\n')
        .Select(static l => l.Split(' ')).FirstOrDefault(f => f.Length > 4 && string.Equals(f[2], number, StringComparison.Ordinal))?[4];

    private bool IsSwap(string part) => (_files.ReadText("/proc/swaps").Text ?? "").Split('\n').Any(l => string.Equals(System.IO.Path.GetFileName(l.Split(' ', '\t')[0]), part, StringComparison.Ordinal));
}
