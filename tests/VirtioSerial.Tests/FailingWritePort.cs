namespace GuestTune.VirtioSerial.Tests;

/// <summary>A port of which one write fails, as when the driver gets no memory for a buffer, and that can be read for ever.</summary>
internal sealed class FailingWritePort(IPort inner) : IPort
{
    private bool _fails;

    public bool IsDisposed { get; private set; }

    public void FailNextWrite() => Volatile.Write(ref _fails, true);

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => inner.ReadAsync(buffer, cancellationToken);

    public ValueTask<int> WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken) =>
        Interlocked.Exchange(ref _fails, false)
            ? ValueTask.FromException<int>(new PortException("the port cannot be written: Cannot allocate memory"))
            : inner.WriteAsync(buffer, cancellationToken);

    public ValueTask WaitForPeerAsync(CancellationToken cancellationToken) => inner.WaitForPeerAsync(cancellationToken);

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return inner.DisposeAsync();
    }
}
