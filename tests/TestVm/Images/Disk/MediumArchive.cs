using System.Formats.Tar;

namespace GuestTune.Testing;

/// <summary>The way of files into a disk guest: its second disk holds an archive in place of a file system, which is unpacked over its root.</summary>
public static class MediumArchive
{
    public static async Task InstallAsync(TestVm vm, IEnumerable<InstalledFile> files, CancellationToken cancellationToken = default)
    {
        await using (var medium = new FileStream(vm.Folder.Medium, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        await using (var archive = new TarWriter(medium))
        {
            foreach (var file in files)
            {
                await using var data = File.OpenRead(file.Source);
                await archive.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, file.Target) { Mode = file.Mode, DataStream = data }, cancellationToken);
            }
        }

        await vm.Console.ReadAsync("tar -xf /dev/vdb -C /", DiskImage.BootLimit, cancellationToken);
    }
}
