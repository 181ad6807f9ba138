using System.Buffers;
using System.IO.Pipelines;
using GuestTune.FakePort;

namespace GuestTune.VirtioSerial.Tests;

/// <summary>What Kestrel and SocketsHttpHandler rely on in a PipeWriter.</summary>
public sealed class SessionOutputTests : IAsyncLifetime
{
    private readonly FakeVirtioPort _port = new(new FakePortLimits { SocketSizeBytes = 1000, OutputSizeBytes = 1000 });
    private GuestSessionListener _listener = null!;
    private Session _host = null!;
    private Session _guest = null!;

    private PipeWriter Output => _guest.Output;

    public async ValueTask InitializeAsync()
    {
        _listener = new GuestSessionListener(FakeGuestPort.Open(_port));
        _host = await HostSession.AttachAsync(FakeClientPort.Connect(_port), Patient.Options);
        _guest = await _listener.AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _listener.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(200_000)]
    public void GetMemory_AnyHint_GivesAtLeastThatMuch(int sizeHint) => Assert.True(Output.GetMemory(sizeHint).Length >= Math.Max(1, sizeHint));

    [Fact]
    public void GetMemory_BadHint_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => Output.GetMemory(-1));

    [Fact]
    public void Advance_MoreThanGiven_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Output.Advance(1));
        var length = Output.GetMemory().Length;
        Assert.Throws<ArgumentOutOfRangeException>(() => Output.Advance(length + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Output.Advance(-1));
    }

    [Fact]
    public async Task UnflushedBytes_CountUntilTheFlush()
    {
        Assert.True(Output.CanGetUnflushedBytes);
        Output.Write(new byte[10]);
        Output.GetSpan(40_000);
        Output.Advance(5);
        Assert.Equal(15, Output.UnflushedBytes);
        await Output.FlushAsync();
        Assert.Equal(0, Output.UnflushedBytes);
        Assert.Equal(15, (await _host.Input.ReadAtLeastAsync(15)).Buffer.Length);
    }

    [Fact]
    public async Task FlushAsync_LargePieces_ArriveWhole()
    {
        var sent = new byte[300_000];
        new Random(1).NextBytes(sent);
        sent.AsSpan(0, 100_000).CopyTo(Output.GetSpan(100_000));
        Output.Advance(100_000);
        Output.Write(sent.AsSpan(100_000));
        var flush = Output.FlushAsync().AsTask();
        var received = new List<byte>();
        while (received.Count < sent.Length)
        {
            var result = await _host.Input.ReadAsync();
            received.AddRange(result.Buffer.ToArray());
            _host.Input.AdvanceTo(result.Buffer.End);
        }

        Assert.False((await flush).IsCompleted);
        Assert.True(sent.AsSpan().SequenceEqual(received.ToArray()));
    }

    [Fact]
    public async Task FlushAsync_NothingWritten_CompletesAtOnce()
    {
        var flush = Output.FlushAsync();
        Assert.True(flush.IsCompletedSuccessfully);
        Assert.False((await flush).IsCanceled);
    }

    [Fact]
    public async Task CancelPendingFlush_WhileThePortIsFull_LosesNothing()
    {
        _port.MovesBytes = false;
        Output.Write(new byte[5000]);
        var flush = Output.FlushAsync().AsTask();
        Assert.False(flush.IsCompleted);
        Output.CancelPendingFlush();
        Assert.True((await flush).IsCanceled);
        _port.MovesBytes = true;
        _port.MoveToHost(1);
        Assert.Equal(5000, (await _host.Input.ReadAtLeastAsync(5000)).Buffer.Length);
        Assert.False((await Output.FlushAsync()).IsCanceled);
    }

    [Fact]
    public async Task CancelPendingFlush_BeforeTheFlush_CancelsTheNextOne()
    {
        Output.CancelPendingFlush();
        Assert.True((await Output.FlushAsync()).IsCanceled);
        Assert.False((await Output.FlushAsync()).IsCanceled);
    }

    [Fact]
    public async Task FlushAsync_CancelledToken_LosesNothing()
    {
        _port.MovesBytes = false;
        using var cancel = new CancellationTokenSource();
        Output.Write(new byte[5000]);
        var flush = Output.FlushAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush);
        _port.MovesBytes = true;
        _port.MoveToHost(1);
        Assert.Equal(5000, (await _host.Input.ReadAtLeastAsync(5000)).Buffer.Length);
    }

    [Fact]
    public async Task FlushAsync_SessionEnds_CompletesAndSaysSo()
    {
        _port.MovesBytes = false;
        Output.Write(new byte[5000]);
        var flush = Output.FlushAsync().AsTask();
        _guest.Abort();
        Assert.True((await flush).IsCompleted);
        Output.Write(new byte[10]);
        Assert.True((await Output.FlushAsync()).IsCompleted);
    }

    [Fact]
    public async Task Complete_UnflushedBytes_AreSentFirst()
    {
        Output.Write("bye"u8);
        Output.Complete();
        var result = await _host.Input.ReadAtLeastAsync(100);
        Assert.True(result.IsCompleted);
        Assert.Equal("bye"u8.ToArray(), result.Buffer.ToArray());
        Assert.Throws<InvalidOperationException>(() => Output.GetMemory());
        Output.Complete();
    }

    [Fact]
    public async Task Complete_WithAnError_EndsTheSession()
    {
        Output.Complete(new InvalidOperationException("no more"));
        Assert.Equal(SessionEnd.Aborted, await _guest.Ended);
        Assert.Equal(SessionEnd.PeerAborted, await _host.Ended);
    }
}
