using System.IO.Pipelines;
using GuestTune.Controller.Channel;

namespace GuestTune.HostController.Tests.Channel;

public sealed class SessionStreamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(5000)]
    [InlineData(70_000)]
    public async Task ReadAsync_SeveralSegments_GivesEveryByteOnce(int sizeBytes)
    {
        var (stream, _, sent, _) = Create();
        var data = new byte[sizeBytes];
        Random.Shared.NextBytes(data);
        await sent.WriteAsync(data);
        await sent.CompleteAsync();

        using var received = new MemoryStream();
        await stream.CopyToAsync(received);

        Assert.Equal(data, received.ToArray());
    }

    [Fact]
    public async Task ReadAsync_EmptyBuffer_WaitsForDataAndTakesNone()
    {
        var (stream, _, sent, _) = Create();
        var waiting = stream.ReadAsync(Memory<byte>.Empty).AsTask();

        Assert.False(waiting.IsCompleted);
        await sent.WriteAsync(new byte[] { 7 });

        Assert.Equal(0, await waiting);
        Assert.Equal(7, await ReadByteAsync(stream));
    }

    [Fact]
    public async Task WriteAsync_PeerHasGone_Throws()
    {
        var (stream, received, _, _) = Create();
        await received.CompleteAsync();

        await Assert.ThrowsAsync<IOException>(() => stream.WriteAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task Dispose_Twice_EndsTheSessionOnce()
    {
        var (stream, _, _, ends) = Create();

        await stream.DisposeAsync();
        await stream.DisposeAsync();

        Assert.Equal(1, ends());
    }

    private static async Task<int> ReadByteAsync(SessionStream stream)
    {
        var one = new byte[1];
        return await stream.ReadAsync(one) == 1 ? one[0] : -1;
    }

    private static (SessionStream Stream, PipeReader Received, PipeWriter Sent, Func<int> Ends) Create()
    {
        var toHost = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var toGuest = new Pipe();
        var ends = 0;
        var stream = new SessionStream(new Duplex(toHost.Reader, toGuest.Writer), () =>
        {
            ends++;
            return ValueTask.CompletedTask;
        });
        return (stream, toGuest.Reader, toHost.Writer, () => ends);
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
