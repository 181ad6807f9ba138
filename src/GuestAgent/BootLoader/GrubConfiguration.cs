using GuestTune.Practices.Files;

namespace GuestTune.Agent.BootLoader;

/// <summary>The grub.cfg that this guest boots by, found among those that installations leave behind.</summary>
/// <param name="Path">E.g. /boot/grub/grub.cfg, or /boot/efi/EFI/openEuler/grub.cfg.</param>
internal sealed record GrubConfiguration(string Path, string Text, GrubMenu Menu)
{
    private const string Name = "grub.cfg";

    private static readonly string[] Directories = ["/boot/grub2", "/boot/grub"];
    private static readonly string[] SystemPartitions = ["/boot/efi/EFI", "/efi/EFI"];

    /// <returns>Null: there is none.</returns>
    /// <exception cref="IOException">There are several and nothing tells which one counts, or it cannot be understood.</exception>
    public static GrubConfiguration? Find(RootedFileSystem files)
    {
        // On the ESP of newer installations is a stub that leads to the menu in /boot; on older ones, and openEuler's, the menu itself.
        var onSystemPartition = Load(files, SystemPartitions.SelectMany(partition => files.ListNames(partition, string.Empty).Select(d => $"{partition}/{d}")));
        if (onSystemPartition.Count > 0 && files.DirectoryExists("/sys/firmware/efi"))
        {
            return onSystemPartition.Count == 1 ? onSystemPartition[0] : OfThisSystem(files, onSystemPartition);
        }

        var inBoot = Load(files, Directories);
        return inBoot.Count switch
        {
            1 => inBoot[0],
            0 => onSystemPartition.Count == 1 ? onSystemPartition[0] : null,
            _ => throw Ambiguous(inBoot),
        };
    }

    /// <summary>As it is now; null where it is gone.</summary>
    /// <exception cref="IOException">It cannot be understood.</exception>
    public static GrubConfiguration? Load(RootedFileSystem files, string path)
        => files.Read(path) is { } text ? new GrubConfiguration(path, text, GrubMenu.Parse(text, path)) : null;

    /// <summary>GRUB keeps it beside its configuration, whose place it calls $prefix.</summary>
    public string EnvironmentPath => System.IO.Path.GetDirectoryName(Path) + "/grubenv";

    /// <summary>Where 41_custom of grub-mkconfig looks for what administrators add.</summary>
    public string CustomPath => System.IO.Path.GetDirectoryName(Path) + "/custom.cfg";

    private static List<GrubConfiguration> Load(RootedFileSystem files, IEnumerable<string> directories)
    {
        var found = new List<GrubConfiguration>();
        foreach (var directory in directories)
        {
            if (Load(files, directory + "/" + Name) is { Menu.IsMenu: true } configuration)
            {
                found.Add(configuration);
            }
        }

        return found;
    }

    private static GrubConfiguration OfThisSystem(RootedFileSystem files, List<GrubConfiguration> found)
    {
        var id = Services.OsRelease.Read(files).GetValueOrDefault("ID");
        var vendor = id is "rhel" ? "redhat" : id;
        return found.Find(c => string.Equals(System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(c.Path)), vendor, StringComparison.OrdinalIgnoreCase))
            ?? throw Ambiguous(found);
    }

    private static IOException Ambiguous(List<GrubConfiguration> found)
        => new($"there are several boot menus of GRUB, and nothing tells which one counts: {string.Join(", ", found.Select(static c => c.Path))}; remove those that are left over");
}
