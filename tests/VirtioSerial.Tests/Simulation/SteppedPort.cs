using System.Threading.Tasks.Sources;

namespace GuestTune.VirtioSerial.Tests.Simulation;

/// <summary>A port of a simulated process: whatever waits goes on inside <see cref="Step"/>, on the caller's thread, and nowhere else.</summary>
internal sealed class SteppedPort : IPort
{
    private readonly Func<Span<byte>, int> _tryRead;
    private readonly TryWrite _tryWrite;
    private readonly Func<bool> _isPeerThere;
    private readonly Action _close;
    private readonly Operation _read;
    private readonly Operation _write;
    private readonly Operation _peer;
    private int _reads;
    private bool _isDead;
    private bool _isClosed;

    public SteppedPort(Func<Span<byte>, int> tryRead, TryWrite tryWrite, Func<bool> isPeerThere, Action close)
    {
        _tryRead = tryRead;
        _tryWrite = tryWrite;
        _isPeerThere = isPeerThere;
        _close = close;
        _read = new Operation(operation => _reads > 0 && TryReadOnce(operation));
        _write = new Operation(operation =>
        {
            var count = _tryWrite(operation.Output.Span);
            operation.Result = count;
            return count >= 0;
        });
        _peer = new Operation(_ => _isPeerThere());
    }

    public delegate int TryWrite(ReadOnlySpan<byte> bytes);

    public bool IsClosed => _isClosed;

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => Begin(_read, buffer, default, cancellationToken);

    public ValueTask<int> WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken) => Begin(_write, default, buffer, cancellationToken);

    public ValueTask WaitForPeerAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return !_isDead && _isPeerThere() ? ValueTask.CompletedTask : new ValueTask(_peer, _peer.Begin(default, default, cancellationToken));
    }

    /// <summary>The process sees what has happened: it can write and read up to <paramref name="reads"/> times.</summary>
    public void Step(int reads)
    {
        if (_isDead)
        {
            return;
        }

        _reads = reads;
        _peer.Poll();
        _write.Poll();
        _read.Poll();
        _reads = 0;
    }

    /// <summary>The process is killed: nothing in it goes on, and the kernel closes what it had open.</summary>
    public void Kill()
    {
        _isDead = true;
        _close();
    }

    public ValueTask DisposeAsync()
    {
        if (!_isClosed && !_isDead)
        {
            _isClosed = true;
            _close();
            _read.Fail(new ObjectDisposedException(nameof(SteppedPort)));
            _write.Fail(new ObjectDisposedException(nameof(SteppedPort)));
            _peer.Fail(new ObjectDisposedException(nameof(SteppedPort)));
        }

        return ValueTask.CompletedTask;
    }

    private ValueTask<int> Begin(Operation operation, Memory<byte> input, ReadOnlyMemory<byte> output, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        cancellationToken.ThrowIfCancellationRequested();
        var version = operation.Begin(input, output, cancellationToken);
        if (!_isDead)
        {
            operation.Poll();
        }

        return new ValueTask<int>(operation, version);
    }

    private bool TryReadOnce(Operation operation)
    {
        operation.Result = _tryRead(operation.Input.Span);
        if (operation.Result >= 0)
        {
            _reads--;
        }

        return operation.Result >= 0;
    }

    private sealed class Operation(Func<Operation, bool> attempt) : IValueTaskSource<int>, IValueTaskSource
    {
        private ManualResetValueTaskSourceCore<int> _core;
        private CancellationTokenRegistration _cancellation;
        private bool _isPending;

        public Memory<byte> Input { get; private set; }

        public ReadOnlyMemory<byte> Output { get; private set; }

        public int Result { get; set; }

        public short Begin(Memory<byte> input, ReadOnlyMemory<byte> output, CancellationToken cancellationToken)
        {
            Assert.False(_isPending, "two operations of a kind at once");
            _core.Reset();
            Input = input;
            Output = output;
            _isPending = true;
            _cancellation = cancellationToken.UnsafeRegister(
                static (state, token) => ((Operation)state!).Fail(new OperationCanceledException(token)), this);
            return _core.Version;
        }

        public void Poll()
        {
            if (_isPending && attempt(this))
            {
                _isPending = false;
                _cancellation.Unregister();
                _core.SetResult(Result);
            }
        }

        public void Fail(Exception exception)
        {
            if (_isPending)
            {
                _isPending = false;
                _cancellation.Unregister();
                _core.SetException(exception);
            }
        }

        int IValueTaskSource<int>.GetResult(short token) => _core.GetResult(token);

        void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);
    }
}
