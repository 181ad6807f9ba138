using GuestTune.Practices.Commands;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Tests.BootLoader;

/// <summary>The real thing: a /boot of a few pages, which only root can mount.</summary>
public sealed class FullBootTests : IDisposable
{
    private static readonly CommandRunner System = new(new RootedFileSystem("/"), TimeProvider.System);

    private BootTree? _tree;
    private string? _mounted;

    public void Dispose()
    {
        if (_mounted is not null)
        {
            // Lazily: a program that another test is just starting may still have our open files.
            Run("umount", "-l", _mounted);
        }

        _tree?.Dispose();
    }

    [Theory]
    [InlineData(BootTree.Debian)]
    [InlineData(BootTree.Rhel)]
    public void Set_BootIsFull_PutsEveryFileBackAndWorksWhenThereIsRoom(string distribution)
    {
        var tree = Mount(distribution);
        var filler = Fill();
        var before = tree.Snapshot();

        var e = Assert.Throws<IOException>(() => tree.Set(("a", "1")));

        Assert.Contains("No space left on device", e.Message, StringComparison.Ordinal);
        Assert.Contains("every file is as it was before", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, tree.Snapshot());
        File.Delete(filler);
        tree.Set(("a", "1"));
        Assert.Equal("1", tree.Get("a"));
    }

    [Theory]
    [InlineData(BootTree.Debian)]
    [InlineData(BootTree.Rhel)]
    public void Set_BootIsReadOnly_PutsEveryFileBackAndSaysSo(string distribution)
    {
        var tree = Mount(distribution);
        var before = tree.Snapshot();
        Assert.Equal(0, Run("mount", "-o", "remount,ro", _mounted!));

        var e = Assert.Throws<IOException>(() => tree.Set(("a", "1")));

        Assert.Contains("Read-only file system", e.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("every file is as it was before", e.Message, StringComparison.Ordinal);
        Assert.Equal(before, tree.Snapshot());
    }

    private static int? Run(string program, params string[] arguments) => System.Run(new Command(program, arguments) { TimeLimit = TimeSpan.FromMinutes(2) }).ExitCode;

    private BootTree Mount(string distribution)
    {
        _tree = new BootTree(distribution);
        var boot = _tree.Files.Resolve("/boot");
        var copy = boot + ".copy";
        Assert.Equal(0, Run("cp", "-a", boot, copy));
        if (Run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", boot) != 0)
        {
            Assert.Skip("needs root and the right to mount a tmpfs");
        }

        _mounted = boot;
        Assert.Equal(0, Run("cp", "-a", copy + "/.", boot));
        Directory.Delete(copy, recursive: true);
        return _tree;
    }

    private string Fill()
    {
        var path = _mounted + "/filler";
        using var file = File.Create(path, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
            }
        }
        catch (IOException)
        {
            return path;
        }
    }
}
