using GuestTune.Agent.MeasuredBoot;
using GuestTune.Agent.Tests.BootLoader;
using GuestTune.Practices;

namespace GuestTune.Agent.Tests.MeasuredBoot;

public sealed class GrubFilesTests
{
    [Fact]
    public void Read_Debian_HasMenuAndEnvironmentByteForByte()
    {
        using var tree = new BootTree(BootTree.Debian);

        var answer = new GrubFiles(tree.Files).Read();

        Assert.Equal("/boot/grub/grub.cfg", answer.Menu);
        Assert.Equal(["/boot/grub/grub.cfg", "/boot/grub/grubenv"], answer.Files.Select(f => f.Path));
        Assert.All(answer.Files, f => Assert.Equal(File.ReadAllBytes(tree.Files.Resolve(f.Path)), f.Content.ToByteArray()));
    }

    [Fact]
    public void Read_BootLoaderEntries_AreAmongThem()
    {
        using var tree = new BootTree(BootTree.Rhel);

        var paths = new GrubFiles(tree.Files).Read().Files.Select(f => f.Path).ToArray();

        Assert.Equal(5, paths.Length);
        Assert.Contains("/boot/loader/entries/6ae4a2a4c9c64d9e8c3e6cbd6b0f5f11-5.14.0-362.8.1.el9_3.x86_64.conf", paths);
    }

    [Fact]
    public void Read_AnotherBootLoader_IsRefused()
    {
        using var tree = new BootTree(BootTree.Systemd);

        var refusal = Assert.Throws<PracticeException>(() => new GrubFiles(tree.Files).Read());

        Assert.Contains("the boot loader is not GRUB", refusal.Message, StringComparison.Ordinal);
    }
}
