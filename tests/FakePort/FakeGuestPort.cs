using GuestTune.VirtioSerial;

namespace GuestTune.FakePort;

/// <summary>A <see cref="FakeGuestFile"/> that waits.</summary>
public sealed class FakeGuestPort(FakeGuestFile file, string name = "fake device") : IPort
{
    public static FakeGuestPort Open(FakeVirtioPort port) =>
        new(port.TryOpen() ?? throw new InvalidOperationException("The port is open already."));

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        Waiting.RunAsync(file.Port, () => file.Read(buffer.Span), cancellationToken);

    public ValueTask<int> WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken) =>
        Waiting.RunAsync(file.Port, () => file.Write(buffer.Span), cancellationToken);

    public ValueTask WaitForPeerAsync(CancellationToken cancellationToken)
    {
        var waiting = Waiting.RunAsync(
            file.Port,
            () =>
            {
                ObjectDisposedException.ThrowIf(file.IsClosed, file);
                return file.IsHostConnected ? 0 : -1;
            },
            cancellationToken);
        return waiting.IsCompletedSuccessfully ? ValueTask.CompletedTask : new ValueTask(waiting.AsTask());
    }

    public ValueTask DisposeAsync()
    {
        file.Close();
        return ValueTask.CompletedTask;
    }

    public override string ToString() => name;
}
