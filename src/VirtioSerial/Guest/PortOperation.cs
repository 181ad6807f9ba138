using System.Threading.Tasks.Sources;

namespace GuestTune.VirtioSerial.Guest;

/// <summary>A read, write or wait that the port could not do at once; it completes on the thread that saw the event. Reused.</summary>
internal sealed class PortOperation : IValueTaskSource<int>, IValueTaskSource
{
    private readonly Lock _sync;
    private ManualResetValueTaskSourceCore<int> _core;
    private CancellationTokenRegistration _cancellation;
    private CancellationToken _cancellationToken;
    private bool _isWaiting;
    private bool _isClaimed;

    public PortOperation(Lock sync) => _sync = sync;

    public short Version => _core.Version;

    /// <summary>Whether somebody waits; under the lock.</summary>
    public bool IsWaiting => _isWaiting;

    public Memory<byte> ReadBuffer { get; private set; }

    public ReadOnlyMemory<byte> WriteBuffer { get; private set; }

    /// <summary>Begins to wait; under the lock.</summary>
    public void Begin(Memory<byte> readBuffer, ReadOnlyMemory<byte> writeBuffer, CancellationToken cancellationToken)
    {
        if (_isWaiting || _isClaimed)
        {
            throw new InvalidOperationException("Another operation of this kind is pending on the port.");
        }

        _core.Reset();
        ReadBuffer = readBuffer;
        WriteBuffer = writeBuffer;
        _cancellationToken = cancellationToken;
        _isWaiting = true;
    }

    /// <summary>Lets the token end the wait; outside the lock, since the token may have been cancelled already.</summary>
    public void WatchCancellation(CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            return;
        }

        var registration = cancellationToken.UnsafeRegister(static state => ((PortOperation)state!).OnCancelled(), this);
        lock (_sync)
        {
            if (_isWaiting || _isClaimed)
            {
                _cancellation = registration;
                return;
            }
        }

        registration.Unregister();
    }

    /// <summary>Takes the operation, so that nothing else completes it meanwhile; under the lock.</summary>
    public bool TryClaim()
    {
        if (!_isWaiting)
        {
            return false;
        }

        _isWaiting = false;
        _isClaimed = true;
        return true;
    }

    /// <summary>Goes on waiting, unless it was cancelled meanwhile.</summary>
    public void Unclaim()
    {
        lock (_sync)
        {
            _isClaimed = false;
            _isWaiting = true;
        }

        if (_cancellationToken.IsCancellationRequested)
        {
            OnCancelled();
        }
    }

    public void Complete(int result)
    {
        EndClaim();
        _core.SetResult(result);
    }

    public void Complete(Exception exception)
    {
        EndClaim();
        _core.SetException(exception);
    }

    int IValueTaskSource<int>.GetResult(short token) => _core.GetResult(token);

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void EndClaim()
    {
        CancellationTokenRegistration cancellation;
        lock (_sync)
        {
            _isClaimed = false;
            ReadBuffer = default;
            WriteBuffer = default;
            cancellation = _cancellation;
            _cancellation = default;
        }

        cancellation.Unregister();
    }

    private void OnCancelled()
    {
        lock (_sync)
        {
            if (!TryClaim())
            {
                return;
            }
        }

        Complete(new OperationCanceledException(_cancellationToken));
    }
}
