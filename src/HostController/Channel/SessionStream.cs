using System.Buffers;
using System.IO.Pipelines;

namespace GuestTune.Controller.Channel;

/// <summary>A session as the stream that <see cref="SocketsHttpHandler"/> speaks HTTP/2 over; closing it ends the session.</summary>
internal sealed class SessionStream(IDuplexPipe pipe, Func<ValueTask> end) : Stream
{
    private int _ended;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // An empty read is how SocketsHttpHandler waits for data without holding a buffer.
        var result = await pipe.Input.ReadAsync(cancellationToken);
        var available = result.Buffer;
        if (buffer.IsEmpty || available.IsEmpty)
        {
            pipe.Input.AdvanceTo(available.Start);
            return 0;
        }

        // Counted before AdvanceTo, which gives the segments back to their pool.
        var count = (int)Math.Min(available.Length, buffer.Length);
        var taken = available.Slice(0, count);
        taken.CopyTo(buffer.Span);
        pipe.Input.AdvanceTo(taken.End);
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var result = await pipe.Output.WriteAsync(buffer, cancellationToken);
        if (result.IsCompleted)
        {
            throw new IOException("the session with the agent has ended");
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("read asynchronously");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("write asynchronously");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            await end();
        }

        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        // SocketsHttpHandler disposes synchronously: the end of the session is told to the agent behind its back.
        if (disposing && Interlocked.Exchange(ref _ended, 1) == 0)
        {
            _ = end().AsTask();
        }

        base.Dispose(disposing);
    }
}
