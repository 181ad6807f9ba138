using GuestTune.VirtioSerial;

namespace GuestTune.FakePort;

/// <summary>A <see cref="FakeClient"/> that waits.</summary>
public sealed class FakeClientPort(FakeClient client, string name = "fake port") : IPort
{
    public static FakeClientPort Connect(FakeVirtioPort port) =>
        new(port.TryConnect() ?? throw new InvalidOperationException("The port's backlog is full."));

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        Waiting.RunAsync(client.Port, () => client.Read(buffer.Span), cancellationToken);

    public ValueTask<int> WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken) =>
        Waiting.RunAsync(client.Port, () => client.Write(buffer.Span), cancellationToken);

    public ValueTask WaitForPeerAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        client.Close();
        return ValueTask.CompletedTask;
    }

    public override string ToString() => name;
}
