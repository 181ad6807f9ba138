namespace GuestTune.Testing;

/// <summary>The partitions of the disk guest, and how they are filled without mounting anything: sfdisk, mkfs.vfat, mtools, mke2fs.</summary>
/// <remarks>/boot is a partition of its own, so that a test can fill it or make it read-only.</remarks>
internal static class DiskLayout
{
    public const string EspUuid = "7E57-0001";
    public const string BootUuid = "7e570000-0000-4000-8000-000000000002";
    public const string RootUuid = "7e570000-0000-4000-8000-000000000003";

    private const long MiB = 1 << 20;
    private const long EspOffset = 1 * MiB;
    private const long EspSize = 64 * MiB;
    private const long BootOffset = EspOffset + EspSize;
    private const long BootSize = 128 * MiB;
    private const long RootOffset = BootOffset + BootSize;
    private const long RootSize = 1400 * MiB;
    private const long DiskSize = RootOffset + RootSize + MiB; // The last MiB is for the second partition table.
    private const int SectorSize = 512;

    /// <summary>What sfdisk(8) reads; as text it also stands for the layout in the key of what was built with it.</summary>
    public static string PartitionTable { get; } =
        $"""
        label: gpt
        start={EspOffset / SectorSize}, size={EspSize / SectorSize}, type=U
        start={BootOffset / SectorSize}, size={BootSize / SectorSize}, type=L
        start={RootOffset / SectorSize}, size={RootSize / SectorSize}, type=L

        """;

    /// <param name="boot">A folder with what /boot holds; the file system for <paramref name="root"/> gets an empty one.</param>
    public static async Task WriteAsync(string disk, string root, string boot, CancellationToken cancellationToken)
    {
        await using (var file = File.Create(disk))
        {
            file.SetLength(DiskSize);
        }

        var table = disk + ".table";
        await File.WriteAllTextAsync(table, PartitionTable, cancellationToken);
        await RunAsync("sh", "-c", "exec sfdisk -q \"$0\" <\"$1\"", disk, table);
        File.Delete(table);

        var esp = $"{disk}@@{EspOffset}";
        var grubConfig = Path.Combine(boot, "grub", "esp.cfg");
        await File.WriteAllTextAsync(grubConfig, $"search.fs_uuid {BootUuid} root\nset prefix=($root)/grub\nconfigfile $prefix/grub.cfg\n", cancellationToken);
        await RunAsync(
            "mkfs.vfat", "-F", "16", "--offset", $"{EspOffset / SectorSize}", "-i", EspUuid.Replace("-", "", StringComparison.Ordinal), disk, $"{EspSize / 1024}");
        await RunAsync("mmd", "-i", esp, "::EFI", "::EFI/BOOT", "::EFI/debian");
        await RunAsync("mcopy", "-i", esp, Path.Combine(root, "usr/lib/grub/x86_64-efi/monolithic/grubx64.efi"), "::EFI/BOOT/BOOTX64.EFI");
        // Where the program looks: its prefix is fixed when Debian builds it.
        await RunAsync("mcopy", "-i", esp, grubConfig, "::EFI/debian/grub.cfg");
        File.Delete(grubConfig);

        await MakeExt4Async(boot, BootUuid, BootOffset, BootSize);
        await MakeExt4Async(root, RootUuid, RootOffset, RootSize);

        Task MakeExt4Async(string content, string uuid, long offset, long size) =>
            RunAsync("mke2fs", "-q", "-F", "-t", "ext4", "-U", uuid, "-d", content, "-E", $"offset={offset}", disk, $"{size / 1024}k");

        async Task RunAsync(string program, params string[] arguments) =>
            (await HostCommand.RunAsync(program, arguments, cancellationToken: cancellationToken)).ThrowIfFailed($"{program} {string.Join(' ', arguments)}");
    }
}
