using System.Text.Json;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.SealedDisks;

/// <summary>Looks at every block device of the guest for LUKS2 keys that a TPM holds. Reads only headers, and asks no program.</summary>
internal sealed class SealedDiskFinder(RootedFileSystem files)
{
    private const string Devices = "/sys/class/block";
    private const int MaximumDevices = 4096;

    /// <summary>ENXIO and ENOMEDIUM: nothing is behind the file, as with a floppy drive that is empty.</summary>
    private static readonly int[] Empty = [6, 123];

    private readonly LuksTokens _tokens = new(files);

    public DiskSurvey Survey()
    {
        var disks = new List<SealedDisk>();
        var unreadable = new List<(string Path, string Problem)>();
        var names = files.ListNames(Devices, string.Empty, MaximumDevices);
        if (names.Count == MaximumDevices)
        {
            unreadable.Add((Devices, $"more than the first {MaximumDevices} devices are not looked at"));
        }

        foreach (var name in names)
        {
            // An empty drive or a loop device without a file; one path of several to a disk, which has no file in /dev.
            if (files.ReadText($"{Devices}/{name}/size").Value is "0" || files.ReadText($"{Devices}/{name}/hidden").Value is "1")
            {
                continue;
            }

            // In sysfs "!" stands for the "/" of a device's name (drivers/base/core.c, e.g. cciss!c0d0).
            var path = "/dev/" + name.Replace('!', '/');
            try
            {
                if (Read(path) is { Count: > 0 } seals)
                {
                    disks.Add(new SealedDisk(path, seals));
                }
            }
            catch (FileProblemException e) when (Empty.Contains(e.ErrorNumber))
            {
            }
            catch (Exception e) when (e is IOException or JsonException)
            {
                unreadable.Add((path, e.Message));
            }
        }

        return new DiskSurvey(disks, unreadable);
    }

    private IReadOnlyList<TpmSeal>? Read(string path)
    {
        using var device = DeviceFile.Open(files, path);
        return LuksHeader.Read(device) is { } header ? _tokens.Read(header.Json) : null;
    }
}
