namespace GuestTune.VirtioSerial;

/// <summary>A byte pipe with the semantics of a virtio-serial port: it knows whether somebody is there, and it has no connections.</summary>
/// <remarks>At most one read, one write and one wait may be pending at a time. Disposal ends them with <see cref="ObjectDisposedException"/>.</remarks>
public interface IPort : IAsyncDisposable
{
    /// <summary>Reads at least one byte. 0 means that no peer is there: in a guest the host has detached (and another may attach later),
    /// on a host the socket has ended for good.</summary>
    ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Writes some of the bytes, and says how many. Waits for as long as the peer does not read.</summary>
    ValueTask<int> WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Waits, without polling, until a peer is attached.</summary>
    ValueTask WaitForPeerAsync(CancellationToken cancellationToken);
}
