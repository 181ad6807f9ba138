namespace GuestTune.VirtioSerial.Tests;

/// <summary>A port of which one write takes its bytes and keeps the thread that made it, as where another one is given the processor.</summary>
internal sealed class HeldWritePort(IPort inner) : IPort
{
    private readonly ManualResetEventSlim _goesOn = new();
    private bool _holds;

    public TaskCompletionSource Held { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void HoldNextWrite() => Volatile.Write(ref _holds, true);

    public void LetGo() => _goesOn.Set();

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => inner.ReadAsync(buffer, cancellationToken);

    public ValueTask<int> WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        var writing = inner.WriteAsync(buffer, cancellationToken);
        if (Interlocked.Exchange(ref _holds, false))
        {
            Held.SetResult();
            _goesOn.Wait(CancellationToken.None);
        }

        return writing;
    }

    public ValueTask WaitForPeerAsync(CancellationToken cancellationToken) => inner.WaitForPeerAsync(cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
