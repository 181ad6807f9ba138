using GuestTune.VirtioSerial;

namespace GuestTune.Agent.Tests.Transport;

/// <summary>A port whose device goes away when a task says so.</summary>
internal sealed class UnpluggablePort(IPort inner, Task<int> unplugged) : IPort
{
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        await await Task.WhenAny(inner.ReadAsync(buffer, cancellationToken).AsTask(), unplugged);

    public ValueTask<int> WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken) => inner.WriteAsync(buffer, cancellationToken);

    public ValueTask WaitForPeerAsync(CancellationToken cancellationToken) => inner.WaitForPeerAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
