using System.Net.Sockets;
using GuestTune.FakePort;

namespace GuestTune.VirtioSerial.Tests;

public sealed class AttachTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("guesttune").FullName;

    private string SocketPath => Path.Combine(_directory, "port.sock");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task AttachAsync_RealSocket_CanBeRepeated()
    {
        await using var listener = new GuestSessionListener(SocketGuestPort.Listen(SocketPath));
        for (var i = 0; i < 50; i++)
        {
            await using var host = await HostSession.AttachAsync(SocketPath, Patient.Options);
            var guest = await listener.AcceptAsync();
            Assert.Equal(host.Id, guest.Id);
        }
    }

    [Fact]
    public async Task AttachAsync_NoSocket_SaysThatItDoesNotExist()
    {
        var exception = await Assert.ThrowsAsync<AttachException>(() => HostSession.AttachAsync(SocketPath).AsTask());
        Assert.Equal(AttachFailure.NotFound, exception.Failure);
        Assert.Equal($"{SocketPath} does not exist: the VM is not running, or it has no such channel", exception.Message);
    }

    [Fact]
    public async Task AttachAsync_DeadSocket_SaysThatNobodyServesIt()
    {
        using (var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        }

        if (!File.Exists(SocketPath))
        {
            await File.WriteAllTextAsync(SocketPath, "");
        }

        var exception = await Assert.ThrowsAsync<AttachException>(() => HostSession.AttachAsync(SocketPath).AsTask());
        Assert.Equal(AttachFailure.NotServed, exception.Failure);
        Assert.Contains(SocketPath, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AttachAsync_BacklogFull_SaysThatItIsBusy()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        listener.Listen(1);
        var options = new SessionOptions { AttachTimeout = TimeSpan.FromSeconds(5) };
        var attaches = Enumerable.Range(0, 4).Select(_ => HostSession.AttachAsync(SocketPath, options).AsTask()).ToList();
        // The socket holds two that nobody accepts, also after they have given up.
        var exception = await Assert.ThrowsAsync<AttachException>(() => attaches[^1]);
        Assert.Equal(AttachFailure.Busy, exception.Failure);
        Assert.Equal($"{SocketPath} is busy: too many programs wait for it already; end them or try again later", exception.Message);
        foreach (var attach in attaches)
        {
            await Assert.ThrowsAsync<AttachException>(() => attach);
        }
    }

    [Fact]
    public async Task AttachAsync_PathTooLong_SaysSo()
    {
        var path = "/" + new string('x', 200);
        var exception = await Assert.ThrowsAsync<AttachException>(() => HostSession.AttachAsync(path).AsTask());
        Assert.Equal(AttachFailure.BadPath, exception.Failure);
    }

    [Fact]
    public async Task AttachAsync_NoAnswer_NamesTheSocketAndTheTime()
    {
        await using var silent = SocketGuestPort.Listen(SocketPath);
        var options = new SessionOptions { AttachTimeout = TimeSpan.FromMilliseconds(300) };
        var exception = await Assert.ThrowsAsync<AttachException>(() => HostSession.AttachAsync(SocketPath, options).AsTask());
        Assert.Equal(AttachFailure.NoAnswer, exception.Failure);
        Assert.Equal(
            $"no answer from an agent behind {SocketPath} within 0.3 s: the VM may be paused, the agent not running, or another program holds the port",
            exception.Message);
    }

    [Fact]
    public async Task AttachAsync_Cancelled_ClosesTheSocket()
    {
        var port = new FakeVirtioPort();
        using var cancel = new CancellationTokenSource();
        var attach = HostSession.AttachAsync(FakeClientPort.Connect(port), null, cancel.Token).AsTask();
        Assert.True(port.IsHostConnected);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => attach);
        Assert.False(port.IsHostConnected);
    }

    [Fact]
    public async Task AttachAsync_SocketEnds_SaysThatTheVmIsGone()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        listener.Listen(1);
        var attach = HostSession.AttachAsync(SocketPath, Patient.Options).AsTask();
        (await listener.AcceptAsync()).Dispose();
        var exception = await Assert.ThrowsAsync<AttachException>(() => attach);
        Assert.Equal(AttachFailure.Lost, exception.Failure);
    }

    [Fact]
    public async Task AttachAsync_AgentOfAnotherVersion_NamesBothRanges()
    {
        var port = new FakeVirtioPort();
        await using var listener = new GuestSessionListener(FakeGuestPort.Open(port), new SessionOptions { MinVersion = 2, MaxVersion = 3 });
        var exception = await Assert.ThrowsAsync<AttachException>(() => HostSession.AttachAsync(FakeClientPort.Connect(port), Patient.Options).AsTask());
        Assert.Equal(AttachFailure.VersionUnsupported, exception.Failure);
        Assert.Equal(
            "cannot attach to the agent behind fake port: the agent speaks channel protocol versions 2 to 3 and this program version 1: update the older one",
            exception.Message);
        Assert.False(port.IsHostConnected);
    }

    [Fact]
    public async Task AttachAsync_BehindAMegabyteOfGarbage_Succeeds()
    {
        var port = new FakeVirtioPort();
        await using var listener = new GuestSessionListener(FakeGuestPort.Open(port));
        var garbage = new byte[1_000_000];
        new Random(1).NextBytes(garbage);
        var stranger = FakeClientPort.Connect(port);
        for (ReadOnlyMemory<byte> rest = garbage; !rest.IsEmpty;)
        {
            rest = rest[await stranger.WriteAsync(rest, CancellationToken.None)..];
        }

        var client = FakeClientPort.Connect(port);
        await stranger.DisposeAsync();
        await using var host = await HostSession.AttachAsync(client, Patient.Options);
        await host.PingAsync();
    }

    [Fact]
    public async Task AttachAsync_TornFrameInFrontAndNoHangUpSeen_Succeeds()
    {
        var port = new FakeVirtioPort();
        await using var listener = new GuestSessionListener(FakeGuestPort.Open(port));
        var first = FakeClientPort.Connect(port);
        var old = await HostSession.AttachAsync(first, Patient.Options);
        var frame = Frames.Frame.Create(1, Frames.FrameType.Data, old.Id, 0, new byte[32_000]);
        await first.WriteAsync(frame.AsMemory(0, 1000), CancellationToken.None);
        var client = FakeClientPort.Connect(port);
        await first.DisposeAsync();

        // An agent that waited for the rest of the frame would have it after 700 hellos.
        await using var host = await HostSession.AttachAsync(client, Patient.Options);
        await host.PingAsync();
    }

    [Fact]
    public async Task AttachAsync_WrongOptions_NamesEveryMistake()
    {
        var options = new SessionOptions { AttachTimeout = TimeSpan.Zero, MaxPayloadSizeBytes = 5, MinVersion = 3, MaxVersion = 2 };
        var exception = await Assert.ThrowsAsync<ArgumentException>(() => HostSession.AttachAsync(SocketPath, options).AsTask());
        Assert.Contains("AttachTimeout", exception.Message, StringComparison.Ordinal);
        Assert.Contains("MaxPayloadSizeBytes is 5; it can be 512 to 32732", exception.Message, StringComparison.Ordinal);
        Assert.Contains("MinVersion 3", exception.Message, StringComparison.Ordinal);
    }
}
