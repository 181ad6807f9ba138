namespace GuestTune.Testing.Tests.Images;

public sealed class CpioWriterTests
{
    [Fact]
    public async Task AddFile_UnpackedByAnotherProgram_GivesFilesFoldersLinksAndModes()
    {
        if (!File.Exists("/bin/busybox"))
        {
            Assert.Skip("There is no /bin/busybox: install busybox-static.");
        }

        var folder = Directory.CreateTempSubdirectory().FullName;
        var archive = Path.Combine(folder, "archive");
        await using (var stream = File.Create(archive))
        {
            using var writer = new CpioWriter(stream);
            writer.AddFile("usr/bin/odd", "12345"u8, 0x1ED);
            writer.AddFile("/usr/bin/empty", [], 0x1A4);
            writer.AddFolder("dev");
            writer.AddLink("bin", "usr/bin");
        }

        var unpack = await HostCommand.RunAsync("/bin/busybox", ["sh", "-c", "busybox cpio -idm <archive"], folder);

        Assert.True(unpack.Succeeded, unpack.Error);
        Assert.Equal("12345", await File.ReadAllTextAsync(Path.Combine(folder, "usr/bin/odd")));
        Assert.True(File.GetUnixFileMode(Path.Combine(folder, "usr/bin/odd")).HasFlag(UnixFileMode.OtherExecute));
        Assert.False(File.GetUnixFileMode(Path.Combine(folder, "usr/bin/empty")).HasFlag(UnixFileMode.UserExecute));
        Assert.Equal("usr/bin", new FileInfo(Path.Combine(folder, "bin")).LinkTarget);
        Assert.True(Directory.Exists(Path.Combine(folder, "dev")));
        Directory.Delete(folder, recursive: true);
    }
}
