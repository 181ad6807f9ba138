using System.IO.Compression;
using System.Text;
using GuestTune.Agent.Kernel;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Tests.Kernel;

public sealed class KernelConfigTests : IDisposable
{
    private const string Option = "CONFIG_PARAVIRT_SPINLOCKS";

    private readonly GuestTree _tree = GuestTree.WithoutHaltpoll();

    [Fact]
    public void Find_RunningKernelTells_ItComesBeforeFiles()
    {
        _tree.Write("/proc/config.gz", Packed($"CONFIG_A=y\n{Option}=y\n"));
        _tree.Write($"/boot/config-{GuestTree.Release}", "CONFIG_A=y\n");

        Assert.Equal(new KernelOption(Option, "y", "/proc/config.gz"), Find(isRunning: true));
        Assert.Equal(new KernelOption(Option, "n", $"/boot/config-{GuestTree.Release}"), Find(isRunning: false));
    }

    [Fact]
    public void Find_DamagedConfigOrNone_IsUnknown()
    {
        _tree.Write("/proc/config.gz", "no gzip");

        Assert.Equal(new KernelOption(Option, null, null), Find(isRunning: true));
    }

    [Fact]
    public void Find_EndlessConfig_IsBounded()
    {
        _tree.Write("/proc/config.gz", Packed(new string('#', 64 * 1024 * 1024)));

        Assert.Equal("n", Find(isRunning: true).Value);
    }

    public void Dispose() => _tree.Dispose();

    private static byte[] Packed(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.ASCII.GetBytes(text));
        }

        return packed.ToArray();
    }

    private KernelOption Find(bool isRunning) => new KernelConfig(new RootedFileSystem(_tree.Path)).Find(GuestTree.Release, Option, isRunning);
}
