using System.Runtime.CompilerServices;

namespace GuestTune.VirtioSerial.Output;

/// <summary>Puts whole frames on the port one after another, on the thread that has something to send as long as the port takes it.</summary>
internal sealed class PortWriter
{
    /// <summary>More frames than this are waiting only if the peer asks for answers that it does not read.</summary>
    private const int MaxQueuedFrames = 32;

    private readonly IPort _port;
    private readonly Action<Exception> _failed;
    private readonly Queue<byte[]> _control = new();
    private IFrameSource? _source;
    private CancellationTokenSource? _cancelWrite;
    private TaskCompletionSource? _offered;
    private bool _running;
    private bool _waits;
    private bool _stopped;

    public PortWriter(IPort port, Action<Exception> failed)
    {
        _port = port;
        _failed = failed;
    }

    /// <summary>Guards this writer and the source that is attached to it.</summary>
    public Lock Sync { get; } = new();

    /// <summary>Whether the port has taken everything.</summary>
    public bool IsIdle
    {
        get
        {
            lock (Sync)
            {
                return !_running && _control.Count == 0;
            }
        }
    }

    /// <summary>Queues a frame that goes before any data not yet begun; call <see cref="Run"/> afterwards, outside all locks.</summary>
    public bool TryQueue(byte[] frame)
    {
        lock (Sync)
        {
            if (_stopped || _control.Count >= MaxQueuedFrames)
            {
                return false;
            }

            _control.Enqueue(frame);
            return true;
        }
    }

    public void SetSource(IFrameSource source)
    {
        lock (Sync)
        {
            _source = source;
        }
    }

    /// <summary>Takes no further frame of a session.</summary>
    public void Abandon(IFrameSource source)
    {
        lock (Sync)
        {
            source.Abandon();
            if (_source == source)
            {
                _source = null;
            }
        }
    }

    /// <summary>Drops what is queued. The rest of a write that was begun is given up once the returned object is cancelled, which must happen
    /// outside all locks.</summary>
    public CancellationTokenSource? Drop()
    {
        lock (Sync)
        {
            _control.Clear();
            var cancel = _running ? _cancelWrite : null;
            if (cancel is not null)
            {
                _cancelWrite = null;
            }

            return cancel;
        }
    }

    /// <summary>Drops everything and sends nothing more.</summary>
    public CancellationTokenSource? Stop()
    {
        lock (Sync)
        {
            _stopped = true;
            if (_source is not null)
            {
                Abandon(_source);
            }

            return Drop();
        }
    }

    /// <summary>Sends what there is, unless another thread is sending already: then that one goes on with it.</summary>
    public void Run()
    {
        lock (Sync)
        {
            if (_running || _stopped)
            {
                return;
            }

            _running = true;
        }

        _ = RunAsync();
    }

    /// <summary>Takes no further data. Completes once the port has been offered all that is queued, by whichever thread sends: it has taken it, or is full.</summary>
    public Task OfferAsync()
    {
        lock (Sync)
        {
            // Somebody who sends without end would have the sending thread go on without end.
            if (_source is not null)
            {
                Abandon(_source);
            }

            // Continued in place, by the thread that sends.
            return _running && !_waits ? (_offered ??= new TaskCompletionSource()).Task : Task.CompletedTask;
        }
    }

    private async Task RunAsync()
    {
        TaskCompletionSource? offered;
        try
        {
            while (TryTake(out var frame, out var source, out var cancellationToken, out offered))
            {
                try
                {
                    while (!frame.IsEmpty)
                    {
                        var sizeBytes = await WriteAsync(frame, cancellationToken);
                        if (sizeBytes <= 0)
                        {
                            throw new IOException("The port took nothing of a write.");
                        }

                        frame = frame[sizeBytes..];
                    }
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    // The rest of this frame is of no use to whoever holds the port now.
                }
                finally
                {
                    OnFrameDone(source);
                }
            }
        }
        catch (Exception exception)
        {
            lock (Sync)
            {
                _running = false;
                (offered, _offered) = (_offered, null);
            }

            Stop()?.Dispose();
            _failed(exception);
        }

        offered?.TrySetResult();
    }

    private ValueTask<int> WriteAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        var writing = _port.WriteAsync(frame, cancellationToken);
        return writing.IsCompleted ? writing : WaitAsync(writing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(ValueTask<int> writing)
    {
        TaskCompletionSource? offered;
        lock (Sync)
        {
            _waits = true;
            (offered, _offered) = (_offered, null);
        }

        offered?.TrySetResult();
        try
        {
            return await writing;
        }
        finally
        {
            lock (Sync)
            {
                _waits = false;
            }
        }
    }

    private void OnFrameDone(IFrameSource? source)
    {
        if (source is null)
        {
            return;
        }

        bool finished;
        lock (Sync)
        {
            finished = source.FrameDone();
        }

        if (finished)
        {
            source.OnFinished();
        }
    }

    private bool TryTake(out ReadOnlyMemory<byte> frame, out IFrameSource? source, out CancellationToken cancellationToken, out TaskCompletionSource? offered)
    {
        lock (Sync)
        {
            offered = null;
            _cancelWrite ??= new CancellationTokenSource();
            cancellationToken = _cancelWrite.Token;
            source = null;
            if (_control.TryDequeue(out var control))
            {
                frame = control;
                return true;
            }

            if (_source is not null && _source.TryTakeFrame(out frame))
            {
                source = _source;
                return true;
            }

            frame = default;
            _running = false;
            (offered, _offered) = (_offered, null);
            return false;
        }
    }
}
