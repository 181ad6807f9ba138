using GuestTune.Agent.BootLoader;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Rebooting.BootTrials;

/// <summary>The directory that GRUB reads its menu from, and writes its environment to.</summary>
/// <param name="Configuration">The text of grub.cfg.</param>
internal sealed record GrubDirectory(string Path, string Configuration)
{
    private const int MaximumMountsBytes = 1024 * 1024;
    private const string Mounts = "/proc/self/mountinfo";

    public string CustomPath => Path + "/custom.cfg";

    public string EnvironmentPath => Path + "/grubenv";

    /// <exception cref="InvalidDataException">There is none in which a trial can be armed; the message says why.</exception>
    /// <exception cref="IOException">It cannot be told which one counts, or be understood.</exception>
    public static GrubDirectory Find(RootedFileSystem files)
    {
        var found = GrubConfiguration.Find(files) ?? throw new InvalidDataException("there is no grub.cfg with a menu: the boot loader is not GRUB");
        return new GrubDirectory(System.IO.Path.GetDirectoryName(found.Path)!, found.Text).Checked(files);
    }

    private GrubDirectory Checked(RootedFileSystem files)
    {
        if (!Configuration.Contains("source ${config_directory}/custom.cfg", StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{Path}/grub.cfg does not read custom.cfg (41_custom of grub-mkconfig is missing)");
        }

        CheckGrubCanWrite(files);
        return this;
    }

    /// <summary>GRUB writes the blocks of a file in place (save_env, commands/loadenv.c), which these file systems on a plain partition allow.</summary>
    private void CheckGrubCanWrite(RootedFileSystem files)
    {
        var inside = files.Resolve(Path)[(files.IsSystemRoot ? 0 : files.Root.Length)..];
        string[]? mount = null;
        var length = -1;
        foreach (var line in (files.ReadText(Mounts, MaximumMountsBytes).Text ?? string.Empty).Split('\n'))
        {
            var fields = line.Split(' ');
            if (fields.Length < 10 || Array.IndexOf(fields, "-") is not (> 5 and var dash) || dash + 2 >= fields.Length)
            {
                continue;
            }

            // Of two mounts on one place the later one is seen.
            var point = fields[4].TrimEnd('/');
            if (point.Length >= length && (inside + "/").StartsWith(point + "/", StringComparison.Ordinal))
            {
                (mount, length) = ([fields[2], fields[dash + 1], fields[dash + 2]], point.Length);
            }
        }

        if (mount is not [var device, var type, var source])
        {
            throw new InvalidDataException($"{Mounts} does not say on which file system {Path} is");
        }

        if (type is not ("ext2" or "ext3" or "ext4" or "xfs" or "vfat"))
        {
            throw new InvalidDataException($"{Path} is on {type} ({source}), which GRUB cannot write to at boot");
        }

        foreach (var kind in (string[])["dm", "md", "bcache"])
        {
            if (files.DirectoryExists($"/sys/dev/block/{device}/{kind}"))
            {
                throw new InvalidDataException($"{Path} is on {source}, a device of several parts (LVM, RAID, encryption), which GRUB cannot write to at boot");
            }
        }
    }
}
