using System.Diagnostics;
using System.Runtime.InteropServices;
using GuestTune.VirtioSerial.Guest;
using Microsoft.Win32.SafeHandles;

namespace GuestTune.VirtioSerial.Tests;

/// <summary>The native port on files that behave as the device does in part: a FIFO, and a socket pair.</summary>
public sealed class GuestPortTests : IDisposable
{
    /// <summary>Only a hang takes so long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _directory = Directory.CreateTempSubdirectory("guesttune").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task ReadAsync_NothingThere_WaitsWithoutWakeUpsUntilThereIs()
    {
        var path = CreateFifo();
        await using var port = GuestPort.Open(path);
        var buffer = new byte[100];
        var reading = port.ReadAsync(buffer, CancellationToken.None).AsTask();
        await AssertStandsStillAsync(port);
        Assert.False(reading.IsCompleted);

        Assert.Equal(3, await port.WriteAsync("abc"u8.ToArray(), CancellationToken.None));
        Assert.Equal(3, await reading);
        Assert.Equal("abc"u8.ToArray(), buffer[..3]);
    }

    [Fact]
    public async Task WriteAsync_NoRoom_WaitsUntilThereIs()
    {
        await using var port = GuestPort.Open(CreateFifo());
        var block = new byte[32_768];
        var total = 0;
        ValueTask<int> write;
        while ((write = port.WriteAsync(block, CancellationToken.None)).IsCompleted)
        {
            total += await write;
        }

        var waiting = write.AsTask();
        await Task.Delay(100);
        Assert.False(waiting.IsCompleted);
        var read = 0;
        while (read < total)
        {
            read += await port.ReadAsync(new byte[65_536], CancellationToken.None);
        }

        Assert.InRange(await waiting.WaitAsync(Patience), 1, block.Length);
    }

    [Fact]
    public async Task ReadAsync_Continuation_RunsOnThePortsThread()
    {
        await using var port = GuestPort.Open(CreateFifo());
        var thread = NameAsync(port.ReadAsync(new byte[10], CancellationToken.None));
        await port.WriteAsync(new byte[1], CancellationToken.None);
        Assert.Equal("virtio-port", await thread);

        static async Task<string?> NameAsync(ValueTask<int> reading)
        {
            await reading.ConfigureAwait(false);
            return Thread.CurrentThread.Name;
        }
    }

    [Fact]
    public async Task ReadAsync_Cancelled_EndsAndCanBeRepeated()
    {
        await using var port = GuestPort.Open(CreateFifo());
        using var cancel = new CancellationTokenSource();
        var reading = port.ReadAsync(new byte[10], cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        reading = port.ReadAsync(new byte[10], CancellationToken.None).AsTask();
        await port.WriteAsync(new byte[2], CancellationToken.None);
        Assert.Equal(2, await reading);
    }

    [Fact]
    public async Task DisposeAsync_WithPendingOperations_EndsThemAndClosesTheFile()
    {
        var (mine, theirs) = CreatePair();
        var port = GuestPort.FromHandle(mine, "pair");
        var reading = port.ReadAsync(new byte[10], CancellationToken.None).AsTask();
        ValueTask<int> write;
        while ((write = port.WriteAsync(new byte[32_768], CancellationToken.None)).IsCompleted)
        {
            await write;
        }

        var writing = write.AsTask();
        await port.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => reading);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writing);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => port.ReadAsync(new byte[10], CancellationToken.None).AsTask());
        var rest = new byte[65_536];
        int count;
        while ((count = Libc.Read(theirs, rest)) > 0)
        {
        }

        Assert.Equal(0, count);
        theirs.Dispose();
    }

    [Fact]
    public async Task DisposeAsync_OnThePortsOwnThread_Works()
    {
        var port = GuestPort.Open(CreateFifo());
        var disposing = DisposeAfterAsync(port.ReadAsync(new byte[10], CancellationToken.None));
        await port.WriteAsync(new byte[1], CancellationToken.None);
        await disposing.WaitAsync(Patience);

        async Task DisposeAfterAsync(ValueTask<int> reading)
        {
            await reading.ConfigureAwait(false);
            await port.DisposeAsync();
        }
    }

    [Fact]
    public async Task WaitForPeerAsync_PeerGone_WaitsWithoutSpinning()
    {
        var (mine, theirs) = CreatePair();
        var port = GuestPort.FromHandle(mine, "pair");
        await port.WaitForPeerAsync(CancellationToken.None).AsTask().WaitAsync(Patience);
        theirs.Dispose();
        Assert.Equal(0, await port.ReadAsync(new byte[10], CancellationToken.None));
        var waiting = port.WaitForPeerAsync(CancellationToken.None).AsTask();
        await AssertStandsStillAsync(port);
        Assert.False(waiting.IsCompleted);
        await port.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
    }

    [Fact]
    public async Task ReadsAndWrites_FromManyThreads_LoseNoEdge()
    {
        var (mine, theirs) = CreatePair();
        await using var left = GuestPort.FromHandle(mine, "left");
        await using var right = GuestPort.FromHandle(theirs, "right");
        var random = new Random(1);
        var sizes = Enumerable.Range(0, 5000).Select(_ => random.Next(1, 20_000)).ToArray();
        var total = sizes.Sum();
        var echo = Task.Run(async () =>
        {
            var buffer = new byte[8192];
            for (var done = 0; done < total;)
            {
                var count = await right.ReadAsync(buffer, CancellationToken.None);
                done += count;
                for (var written = 0; written < count;)
                {
                    written += await right.WriteAsync(buffer.AsMemory(written, count - written), CancellationToken.None);
                }
            }
        });
        var writing = Task.Run(async () =>
        {
            foreach (var size in sizes)
            {
                var block = new byte[size];
                for (var written = 0; written < size;)
                {
                    written += await left.WriteAsync(block.AsMemory(written), CancellationToken.None);
                }

                if (size % 7 == 0)
                {
                    await Task.Yield();
                }
            }
        });
        var reading = Task.Run(async () =>
        {
            var buffer = new byte[4096];
            for (var done = 0; done < total;)
            {
                done += await left.ReadAsync(buffer, CancellationToken.None);
            }
        });
        await Task.WhenAll(echo, writing, reading).WaitAsync(Patience);
    }

    [Fact]
    public async Task Session_OverNativePorts_CarriesBytes()
    {
        var (mine, theirs) = CreatePair();
        await using var listener = new GuestSessionListener(GuestPort.FromHandle(mine, "guest"));
        await using var host = await HostSession.AttachAsync(GuestPort.FromHandle(theirs, "host"), Patient.Options);
        var guest = await listener.AcceptAsync();
        await host.Output.WriteAsync(new byte[100_000]);
        Assert.Equal(100_000, (await guest.Input.ReadAtLeastAsync(100_000)).Buffer.Length);
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 200; i++)
        {
            var time = await host.PingAsync();
            best = time < best ? time : best;
        }

        TestContext.Current.SendDiagnosticMessage($"session ping over native ports: {best.TotalMicroseconds:0} us at best");
    }

    [Fact]
    public void Open_Missing_SaysWhatIsMissing()
    {
        var exception = Assert.Throws<PortException>(() => GuestPort.Open(Path.Combine(_directory, "none")));
        Assert.Equal(Libc.ENOENT, exception.Errno);
        Assert.Contains("this VM has no such virtio-serial port", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NotWaitable_IsAnErrorAndNotAHang()
    {
        var path = Path.Combine(_directory, "file");
        File.WriteAllText(path, "");
        Assert.Contains("cannot be waited for", Assert.Throws<PortException>(() => GuestPort.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_ByLinkElseByName_GivesTheDevice()
    {
        Assert.Null(GuestPort.Find("org.guesttune.agent.0", _directory));
        Directory.CreateDirectory(Path.Combine(_directory, "sys/class/virtio-ports/vport1p1"));
        Directory.CreateDirectory(Path.Combine(_directory, "sys/class/virtio-ports/vport1p2"));
        File.WriteAllText(Path.Combine(_directory, "sys/class/virtio-ports/vport1p1/name"), "org.qemu.guest_agent.0\n");
        Assert.Null(GuestPort.Find("org.guesttune.agent.0", _directory));
        File.WriteAllText(Path.Combine(_directory, "sys/class/virtio-ports/vport1p2/name"), "org.guesttune.agent.0\n");
        Assert.Equal(Path.Combine(_directory, "dev/vport1p2"), GuestPort.Find("org.guesttune.agent.0", _directory));
        Directory.CreateDirectory(Path.Combine(_directory, "dev/virtio-ports"));
        var link = Path.Combine(_directory, "dev/virtio-ports/org.guesttune.agent.0");
        File.WriteAllText(link, "");
        Assert.Equal(link, GuestPort.Find("org.guesttune.agent.0", _directory));
        Assert.Throws<ArgumentException>(() => GuestPort.Find("../../etc/passwd", _directory));
    }

    /// <summary>A thread that still has a wake-up to see to gets the time for it; one that spins has no such pause.</summary>
    private static async Task AssertStandsStillAsync(GuestPort port)
    {
        var watch = Stopwatch.StartNew();
        long before;
        do
        {
            Assert.True(watch.Elapsed < Patience, "the port's thread is woken again and again");
            before = port.WakeUps;
            await Task.Delay(300);
        }
        while (port.WakeUps != before);
    }

    private static (SafeFileHandle Mine, SafeFileHandle Theirs) CreatePair()
    {
        const int UnixFamily = 1;
        const int Stream = 1;
        var files = new int[2];
        Assert.Equal(0, SocketPairCore(UnixFamily, Stream | Libc.O_NONBLOCK | Libc.O_CLOEXEC, 0, files));
        return (new SafeFileHandle(files[0], ownsHandle: true), new SafeFileHandle(files[1], ownsHandle: true));
    }

    private string CreateFifo()
    {
        var path = Path.Combine(_directory, "fifo");
        using var process = Process.Start("mkfifo", path);
        process.WaitForExit();
        return path;
    }

    [DllImport("libc", EntryPoint = "socketpair")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SocketPairCore(int domain, int type, int protocol, int[] files);
}
