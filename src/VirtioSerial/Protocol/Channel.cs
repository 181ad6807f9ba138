using System.Runtime.CompilerServices;
using GuestTune.VirtioSerial.Frames;
using GuestTune.VirtioSerial.Output;

namespace GuestTune.VirtioSerial.Protocol;

/// <summary>Runs a <see cref="ChannelMachine"/> on a port: reads, hands sessions what arrives, and sends what the machine wants sent.</summary>
internal abstract class Channel : IChannelEvents, ISessionLink, IAsyncDisposable
{
    private readonly Lock _sync = new();

    // What must happen outside the lock, since it may run code of the session's user.
    private List<Action>? _deferred;
    private Session? _session;
    private Session? _written;
    private Task _pump = Task.CompletedTask;
    private Exception? _writeFailure;
    private Task? _disposing;

    protected Channel(IPort port, string name, SessionOptions options, TimeProvider timeProvider)
    {
        Port = port;
        Name = name;
        Options = options;
        TimeProvider = timeProvider;
        Writer = new PortWriter(port, OnWriteFailed);
    }

    protected IPort Port { get; }

    protected string Name { get; }

    protected SessionOptions Options { get; }

    protected TimeProvider TimeProvider { get; }

    protected PortWriter Writer { get; }

    protected abstract ChannelMachine Machine { get; }

    protected bool IsDisposed => Volatile.Read(ref _disposing) is not null;

    public ValueTask DisposeAsync()
    {
        var disposed = new TaskCompletionSource();
        return new ValueTask(Interlocked.CompareExchange(ref _disposing, disposed.Task, null) ?? DisposeAsync(disposed));
    }

    /// <summary>Completes when nothing more is read.</summary>
    public Task Completion => _pump;

    void IChannelEvents.OnAttached(in SessionParameters parameters)
    {
        var session = new Session(this, Writer, parameters, Options, TimeProvider, Name);
        _session = session;
        Writer.SetSource(session.SendOutput);
        Defer(() => OnSessionAttached(session));
    }

    void IChannelEvents.OnData(ReadOnlySpan<byte> payload)
    {
        _session!.Write(payload);
        _written = _session;
    }

    void IChannelEvents.OnFin()
    {
        var session = _session!;
        if (_written == session)
        {
            _written = null;
        }

        Defer(session.FinishInput);
    }

    void IChannelEvents.OnPong(ulong token)
    {
        var session = _session!;
        Defer(() => session.OnPong(token));
    }

    void IChannelEvents.OnEnded(SessionId id, SessionEnd end, string message)
    {
        var session = _session!;
        _session = null;
        if (_written == session)
        {
            _written = null;
        }

        Writer.Abandon(session.SendOutput);
        Defer(() =>
        {
            session.OnEnded(end, message, null);
            OnSessionEnded(session);
        });
    }

    void IChannelEvents.DropOutput()
    {
        var cancel = Writer.Drop();
        if (cancel is not null)
        {
            Defer(() => Cancel(cancel));
        }
    }

    void IChannelEvents.SendWelcome(SessionId session, byte version, SessionId instance)
    {
        // Under the writer's lock nothing gets between the count and the queue.
        lock (Writer.Sync)
        {
            Writer.TryQueue(Frame.Welcome(session, version, _session!.SendOutput.TakenFrames, Options.MaxPayloadSizeBytes, instance));
        }
    }

    void IChannelEvents.Send(byte[] frame) => Writer.TryQueue(frame);

    void ISessionLink.OnCommitted()
    {
        OnSending();
        Writer.Run();
    }

    void ISessionLink.OnFinSent(Session session) =>
        Change(channel =>
        {
            if (channel._session == session)
            {
                channel.Machine.OnFinSent();
            }
        });

    void ISessionLink.SendPing(ulong token)
    {
        OnSending();
        Change(channel => channel.Machine.SendPing(token));
    }

    void ISessionLink.SetExpecting(bool expecting) => OnExpecting(expecting);

    Task ISessionLink.EndAsync(Session session, ResetReason reason, string? text)
    {
        Change(channel =>
        {
            if (channel._session == session)
            {
                channel.Machine.Close(reason, text);
            }
        });
        return OnSessionDisposedAsync(session);
    }

    /// <summary>Starts to read, once <paramref name="ready"/> has completed.</summary>
    protected void Start(ValueTask ready = default) => _pump = PumpAsync(ready);

    /// <summary>Changes the machine's state, and then does what follows from it.</summary>
    protected void Change(Action<Channel> change)
    {
        List<Action>? deferred;
        lock (_sync)
        {
            change(this);
            deferred = TakeDeferred();
        }

        RunDeferred(deferred);
    }

    protected static void Cancel(CancellationTokenSource? source)
    {
        if (source is not null)
        {
            source.Cancel();
            source.Dispose();
        }
    }

    protected abstract void OnSessionAttached(Session session);

    protected abstract void OnSessionEnded(Session session);

    /// <summary>The session's user is done with it.</summary>
    protected abstract Task OnSessionDisposedAsync(Session session);

    /// <summary>Nobody is there any more; called inside <see cref="Change"/>.</summary>
    protected void OnPeerGone() => Machine.OnPeerGone("nobody holds the other end of the port");

    /// <summary>The port says that nobody is there; false if that is for good.</summary>
    protected abstract ValueTask<bool> OnPeerGoneAsync();

    protected abstract void OnPumpEnded(Exception? failure);

    protected virtual void OnSending()
    {
    }

    protected virtual void OnReceived()
    {
    }

    protected virtual void OnExpecting(bool expecting)
    {
    }

    protected virtual void OnDisposed()
    {
    }

    private async Task DisposeAsync(TaskCompletionSource disposed)
    {
        try
        {
            // What is queued, such as a last RESET, is offered to the port, maybe by another thread; that it is taken is not waited for.
            await Writer.OfferAsync();
            Cancel(Writer.Stop());
            await Port.DisposeAsync();
            Change(static channel => channel.Machine.Fail("the port was closed"));
            OnDisposed();
        }
        finally
        {
            disposed.TrySetResult();
        }
    }

    private async Task PumpAsync(ValueTask ready)
    {
        Exception? failure = null;
        try
        {
            await ready;
            while (await ReceiveAsync() || await OnPeerGoneAsync())
            {
            }
        }
        catch (Exception) when (IsDisposed)
        {
            // Disposal ends the wait for the port by closing it.
        }
        catch (Exception exception)
        {
            failure = Volatile.Read(ref _writeFailure) ?? exception;
            Cancel(Writer.Stop());
            Change(channel => channel.Machine.Fail(exception.Message));
        }

        lock (_sync)
        {
            Machine.Dispose();
        }

        OnPumpEnded(failure);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReceiveAsync()
    {
        var sizeBytes = await Port.ReadAsync(Machine.GetMemory(), CancellationToken.None);
        Session? written;
        List<Action>? deferred;
        lock (_sync)
        {
            if (sizeBytes > 0)
            {
                Machine.Advance(sizeBytes);
                Machine.Process();
            }

            written = _written;
            _written = null;
            deferred = TakeDeferred();
        }

        OnReceived();
        RunDeferred(deferred);
        if (written is not null)
        {
            // The session's reader goes on inside this call, unless its scheduler says otherwise. While it has more than it
            // bears, the port is not read: that is the back-pressure.
            await written.FlushInputAsync();
        }

        return sizeBytes > 0;
    }

    private void OnWriteFailed(Exception exception)
    {
        if (!IsDisposed)
        {
            Volatile.Write(ref _writeFailure, exception);
            Change(channel => channel.Machine.Fail(exception.Message));
            // Ends the reading, too: a side that hears and cannot answer is of no use, and would not be noticed.
            _ = Port.DisposeAsync().AsTask();
        }
    }

    private void Defer(Action action) => (_deferred ??= []).Add(action);

    private List<Action>? TakeDeferred()
    {
        var deferred = _deferred;
        _deferred = null;
        return deferred;
    }

    private void RunDeferred(List<Action>? deferred)
    {
        // First, since a host closes its port once its session has ended, and a last RESET should be on the way by then.
        Writer.Run();
        if (deferred is not null)
        {
            foreach (var action in deferred)
            {
                action();
            }
        }
    }
}
