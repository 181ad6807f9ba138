using System.Text;
using GuestTune.Practices.Files;

namespace GuestTune.Practices.Tests.Files;

public sealed class FileTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    private RootedFileSystem Files => new(_root.Path);

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Read_AbsoluteLink_StaysInsideTheRoot()
    {
        _root.Write("etc/hostname", "inside");
        File.CreateSymbolicLink(_root.File("link"), "/etc/hostname");

        Assert.Equal("inside", Files.ReadText("/link").Value);
    }

    [Fact]
    public void Read_RelativeLinkUpwards_StaysInsideTheRoot()
    {
        _root.Write("etc/hostname", "inside");
        File.CreateSymbolicLink(_root.File("link"), "../../../../../../../../etc/hostname");

        Assert.Equal("inside", Files.ReadText("/link").Value);
    }

    [Fact]
    public void Read_LinkedDirectory_IsFollowed()
    {
        _root.Write("usr/lib/file", "1");
        File.CreateSymbolicLink(_root.File("lib"), "usr/lib");

        Assert.Equal("1", Files.ReadText("/lib/file").Value);
        Assert.True(Files.DirectoryExists("/lib"));
        Assert.True(Files.FileExists("/lib/file"));
    }

    [Fact]
    public void Read_LoopOfLinks_IsAProblemNotAHang()
    {
        File.CreateSymbolicLink(_root.File("a"), "b");
        File.CreateSymbolicLink(_root.File("b"), "a");

        Assert.Null(Files.ReadText("/a").Value);
        Assert.False(Files.FileExists("/a"));
    }

    [Fact]
    public void Read_LargerThanTheBound_IsAProblem()
    {
        _root.Write("big", new string('x', 100_000));

        Assert.Equal(100_000, Files.ReadText("/big", 100_000).Text!.Length);
        Assert.Contains("larger than 99999 bytes", Files.ReadText("/big", 99_999).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_Directory_IsAProblem() => Assert.Contains("EISDIR", Files.ReadText("/").Problem, StringComparison.Ordinal);

    [Fact]
    public void Read_Missing_SaysSo() => Assert.Equal(new FileReading(null, "no such file", true), Files.ReadText("/none/of/it"));

    [Fact]
    public void Root_Missing_IsRefused() => Assert.Throws<ArgumentException>(() => new RootedFileSystem("/no/such/root"));

    [Fact]
    public void Replace_ExistingFile_KeepsModeAndOwner()
    {
        _root.Write("etc/x.conf", "old");
        File.SetUnixFileMode(_root.File("etc/x.conf"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var isRoot = string.Equals(Environment.UserName, "root", StringComparison.Ordinal);
        if (isRoot)
        {
            using var handle = Libc.Open(_root.File("etc/x.conf"), Libc.WriteOnly, 0);
            Assert.Equal(0, Libc.ChangeOwner(handle, 12, 34));
        }

        AtomicFile.Replace(Files, "/etc/x.conf", "new"u8);

        Assert.Equal("new", _root.Read("etc/x.conf"));
        Assert.Equal(0, FileStatus.TryGet(_root.File("etc/x.conf"), false, out var status));
        Assert.Equal(0x1a0u, status.Permissions);
        if (isRoot)
        {
            Assert.Equal((12u, 34u), (status.User, status.Group));
        }

        Assert.Single(Directory.GetFileSystemEntries(_root.File("etc")));
    }

    [Fact]
    public void Replace_Link_WritesItsTargetAndKeepsTheLink()
    {
        _root.Write("data/x.conf", "old");
        Directory.CreateDirectory(_root.File("etc"));
        File.CreateSymbolicLink(_root.File("etc/x.conf"), "/data/x.conf");

        AtomicFile.Replace(Files, "/etc/x.conf", "new"u8);

        Assert.Equal("new", _root.Read("data/x.conf"));
        Assert.Equal("/data/x.conf", new FileInfo(_root.File("etc/x.conf")).LinkTarget);
    }

    [Fact]
    public void Replace_MaskedByALinkToADevice_IsLeftAlone()
    {
        Directory.CreateDirectory(_root.File("etc"));
        File.CreateSymbolicLink(_root.File("etc/x.conf"), "/dev/null");
        var files = new RootedFileSystem("/");

        var e = Assert.Throws<FileProblemException>(() => AtomicFile.Replace(files, _root.File("etc/x.conf"), "new"u8));

        Assert.Contains("not a regular file", e.Message, StringComparison.Ordinal);
        Assert.Equal("/dev/null", new FileInfo(_root.File("etc/x.conf")).LinkTarget);
    }

    [Fact]
    public void Replace_AfterACrashLeftATemporaryFile_OverwritesIt()
    {
        _root.Write("etc/.x.conf.guesttune-new", "stale");

        AtomicFile.Replace(Files, "/etc/x.conf", "new"u8);

        Assert.Equal(["x.conf"], Directory.GetFileSystemEntries(_root.File("etc")).Select(Path.GetFileName));
    }

    [Fact]
    public void Replace_DirectoryMissing_NamesIt()
        => Assert.Contains("ENOENT", Assert.Throws<FileProblemException>(() => AtomicFile.Replace(Files, "/none/x.conf", "new"u8)).Message, StringComparison.Ordinal);

    [Fact]
    public void SysfsWrite_MissingFile_SaysThatTheKernelHasNone()
    {
        var e = Assert.Throws<FileProblemException>(() => SysfsFile.Write(Files, "/sys/x", "1"));

        Assert.Contains("this kernel has no such file", e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_root.File("sys/x")));
    }

    [Theory]
    [InlineData("/proc/sys/kernel/pid_max", "garbage", "EINVAL")]
    [InlineData("/proc/version", "1", "could not be written")]
    public void SysfsWrite_KernelRefuses_IsToldApart(string path, string value, string expected)
    {
        // Values that the kernel refuses whoever writes them: nothing of this machine changes.
        var e = Assert.Throws<FileProblemException>(() => SysfsFile.Write(new RootedFileSystem("/"), path, value));

        Assert.True(e.Message.Contains(expected, StringComparison.Ordinal) || e.Message.Contains("EACCES", StringComparison.Ordinal) || e.Message.Contains("EROFS", StringComparison.Ordinal), e.Message);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadLatin1_AnyBytes_ComeBackAsTheyWere()
    {
        var bytes = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        File.WriteAllBytes(_root.File("bytes"), bytes);

        Assert.Equal(bytes, Encoding.Latin1.GetBytes(Files.ReadBytesAsLatin1("/bytes").Text!));
    }
}
