using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using GuestTune.VirtioSerial.Frames;
using GuestTune.VirtioSerial.Protocol;

namespace GuestTune.VirtioSerial.Output;

/// <summary>The sending end of a session: callers write straight into frames, which a flush puts on the port from the calling thread.</summary>
internal sealed class SessionOutput : PipeWriter, IFrameSource, IValueTaskSource<FlushResult>
{
    private readonly PortWriter _writer;
    private readonly ISessionLink _link;
    private readonly SessionParameters _parameters;
    private readonly Action<object?, CancellationToken> _cancelFlush;

    // Written by the caller alone, until they are committed.
    private readonly List<Segment> _uncommitted = [];
    private byte[]? _current;
    private int _currentCapacity;
    private int _currentSizeBytes;
    private long _unflushedSizeBytes;
    private bool _completed;

    // Under the writer's lock from here on.
    private readonly Queue<Segment> _committed = new();
    private Segment _taken;
    private int _takenOffset;
    private bool _isFrameTaken;
    private bool _finPending;
    private bool _isFinTaken;
    private bool _ended;
    private uint _sequence;

    private ManualResetValueTaskSourceCore<FlushResult> _flush = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _flushCancellation;
    private bool _isFlushWaiting;
    private bool _cancelNextFlush;

    public SessionOutput(PortWriter writer, ISessionLink link, in SessionParameters parameters)
    {
        _writer = writer;
        _link = link;
        _parameters = parameters;
        _cancelFlush = static (state, token) => ((SessionOutput)state!).OnFlushCancelled(token);
    }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushedSizeBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        ThrowIfCompleted();
        if (_current is null || _currentCapacity - _currentSizeBytes < Math.Max(1, sizeHint))
        {
            SealCurrent();
            // A caller that wants more in one piece than a frame holds gets it; the piece is cut when it is sent.
            _currentCapacity = Math.Max(_parameters.MaxPayloadSizeBytes, sizeHint);
            _current = ArrayPool<byte>.Shared.Rent(FrameHeader.SizeBytes + _currentCapacity);
        }

        return _current.AsMemory(FrameHeader.SizeBytes + _currentSizeBytes, _currentCapacity - _currentSizeBytes);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (bytes < 0 || bytes > (_current is null ? 0 : _currentCapacity - _currentSizeBytes))
        {
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "Only as many bytes as GetMemory gave can be advanced.");
        }

        _currentSizeBytes += bytes;
        _unflushedSizeBytes += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        if (Commit())
        {
            _link.OnCommitted();
        }

        lock (_writer.Sync)
        {
            if (_cancelNextFlush)
            {
                _cancelNextFlush = false;
                return new ValueTask<FlushResult>(new FlushResult(isCanceled: true, isCompleted: _ended));
            }

            if (_ended || !HasOutstanding)
            {
                return new ValueTask<FlushResult>(new FlushResult(isCanceled: false, isCompleted: _ended));
            }

            if (_isFlushWaiting)
            {
                throw new InvalidOperationException("A flush is pending already.");
            }

            _flush.Reset();
            _isFlushWaiting = true;
        }

        if (cancellationToken.CanBeCanceled)
        {
            var registration = cancellationToken.UnsafeRegister(_cancelFlush, this);
            lock (_writer.Sync)
            {
                if (_isFlushWaiting)
                {
                    _flushCancellation = registration;
                    registration = default;
                }
            }

            registration.Unregister();
        }

        return new ValueTask<FlushResult>(this, _flush.Version);
    }

    public override void CancelPendingFlush()
    {
        lock (_writer.Sync)
        {
            if (_isFlushWaiting)
            {
                CompleteFlush(isCanceled: true);
            }
            else
            {
                _cancelNextFlush = true;
            }
        }
    }

    public override void Complete(Exception? exception = null)
    {
        if (_completed)
        {
            return;
        }

        _completed = true;
        if (exception is not null)
        {
            Commit();
            DropUncommitted();
            _ = _link.EndAsync(Owner!, ResetReason.Aborted, exception.Message);
            return;
        }

        Commit();
        lock (_writer.Sync)
        {
            _finPending = !_ended;
        }

        _link.OnCommitted();
    }

    bool IFrameSource.TryTakeFrame(out ReadOnlyMemory<byte> frame)
    {
        if (_taken.Array is null && !_committed.TryDequeue(out _taken))
        {
            if (!_finPending)
            {
                frame = default;
                return false;
            }

            _finPending = false;
            _isFrameTaken = true;
            frame = Frame.Create(_parameters.Version, FrameType.Fin, _parameters.Session, _sequence++, []);
            _isFinTaken = true;
            return true;
        }

        // The header of each further frame overwrites the end of the payload before it, which has been sent by then.
        var sizeBytes = Math.Min(_parameters.MaxPayloadSizeBytes, _taken.SizeBytes - _takenOffset);
        var memory = _taken.Array.AsMemory(_takenOffset, FrameHeader.SizeBytes + sizeBytes);
        Frame.WriteHeader(memory.Span, _parameters.Version, FrameType.Data, _parameters.Session, _sequence++, sizeBytes);
        _takenOffset += sizeBytes;
        _isFrameTaken = true;
        frame = memory;
        return true;
    }

    bool IFrameSource.FrameDone()
    {
        _isFrameTaken = false;
        if (_taken.Array is not null && (_ended || _takenOffset == _taken.SizeBytes))
        {
            ArrayPool<byte>.Shared.Return(_taken.Array);
            _taken = default;
            _takenOffset = 0;
        }

        if (_isFlushWaiting && !HasOutstanding)
        {
            CompleteFlush(isCanceled: false);
        }

        return _isFinTaken && !_ended;
    }

    void IFrameSource.OnFinished() => _link.OnFinSent(Owner!);

    void IFrameSource.Abandon()
    {
        _ended = true;
        _finPending = false;
        while (_committed.TryDequeue(out var segment))
        {
            ArrayPool<byte>.Shared.Return(segment.Array);
        }

        if (!_isFrameTaken && _taken.Array is not null)
        {
            ArrayPool<byte>.Shared.Return(_taken.Array);
            _taken = default;
        }

        if (_isFlushWaiting)
        {
            CompleteFlush(isCanceled: false);
        }
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _flush.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _flush.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _flush.OnCompleted(continuation, state, token, flags);

    /// <summary>How many numbered frames were given out; under the writer's lock.</summary>
    internal uint TakenFrames => _sequence;

    internal Session? Owner { get; set; }

    private bool HasOutstanding => _committed.Count > 0 || _taken.Array is not null;

    /// <summary>Hands what was written over for sending; false if there was nothing.</summary>
    private bool Commit()
    {
        SealCurrent();
        _unflushedSizeBytes = 0;
        if (_uncommitted.Count == 0)
        {
            return false;
        }

        lock (_writer.Sync)
        {
            if (!_ended)
            {
                foreach (var segment in _uncommitted)
                {
                    _committed.Enqueue(segment);
                }

                _uncommitted.Clear();
                return true;
            }
        }

        DropUncommitted();
        return false;
    }

    private void SealCurrent()
    {
        if (_current is null)
        {
            return;
        }

        if (_currentSizeBytes > 0)
        {
            _uncommitted.Add(new Segment(_current, _currentSizeBytes));
        }
        else
        {
            ArrayPool<byte>.Shared.Return(_current);
        }

        _current = null;
        _currentSizeBytes = _currentCapacity = 0;
    }

    private void DropUncommitted()
    {
        foreach (var segment in _uncommitted)
        {
            ArrayPool<byte>.Shared.Return(segment.Array);
        }

        _uncommitted.Clear();
    }

    private void CompleteFlush(bool isCanceled)
    {
        EndFlushWait();
        _flush.SetResult(new FlushResult(isCanceled, isCompleted: _ended));
    }

    private void OnFlushCancelled(CancellationToken cancellationToken)
    {
        lock (_writer.Sync)
        {
            if (_isFlushWaiting)
            {
                EndFlushWait();
                _flush.SetException(new OperationCanceledException(cancellationToken));
            }
        }
    }

    private void EndFlushWait()
    {
        _isFlushWaiting = false;
        _flushCancellation.Unregister();
        _flushCancellation = default;
    }

    private void ThrowIfCompleted()
    {
        if (_completed)
        {
            throw new InvalidOperationException("Writing is not allowed after the writer was completed.");
        }
    }

    private readonly record struct Segment(byte[] Array, int SizeBytes);
}
