namespace GuestTune.VirtioSerial.Tests;

/// <summary>A port that reports once, when told to, that no host is there, although the next host's bytes have been read already.</summary>
internal sealed class LateZeroPort(IPort inner) : IPort
{
    private readonly TaskCompletionSource _closed = new();
    private bool _givesZero;

    /// <summary>Whether a host is there when the port is asked after the 0.</summary>
    public bool HasPeer { get; set; } = true;

    /// <summary>The read after the next one gives 0.</summary>
    public void GiveZero() => Volatile.Write(ref _givesZero, true);

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        Interlocked.Exchange(ref _givesZero, false) ? ValueTask.FromResult(0) : inner.ReadAsync(buffer, cancellationToken);

    public ValueTask<int> WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken) => inner.WriteAsync(buffer, cancellationToken);

    public ValueTask WaitForPeerAsync(CancellationToken cancellationToken) => HasPeer ? ValueTask.CompletedTask : new ValueTask(_closed.Task);

    public ValueTask DisposeAsync()
    {
        _closed.TrySetException(new ObjectDisposedException(nameof(LateZeroPort)));
        return inner.DisposeAsync();
    }
}
