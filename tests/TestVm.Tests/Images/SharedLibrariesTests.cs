namespace GuestTune.Testing.Tests.Images;

public sealed class SharedLibrariesTests
{
    [Fact]
    public void Parse_LibrariesAndLoader_GivesPathsWithoutTheVirtualOne()
    {
        const string output = "\tlinux-vdso.so.1 (0x00007ffd)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n";

        Assert.Equal(["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"], SharedLibraries.Parse("/bin/p", output));
    }

    [Fact]
    public void Parse_LibraryNotFound_NamesProgramAndLibrary()
    {
        var error = Assert.Throws<TestVmException>(() => SharedLibraries.Parse("/bin/p", "\tliburing.so.2 => not found\n"));

        Assert.Contains("/bin/p", error.Message, StringComparison.Ordinal);
        Assert.Contains("liburing.so.2", error.Message, StringComparison.Ordinal);
    }
}
