using GuestTune.VirtioSerial.Protocol;

namespace GuestTune.VirtioSerial.Host;

/// <summary>A host's side of one port: one attach, one session, and then the port is closed, since others may want it.</summary>
internal sealed class HostChannel : Channel
{
    /// <summary>The token of heartbeats; nobody waits for their answers, any byte will do.</summary>
    private const ulong HeartbeatToken = 0;

    private readonly TaskCompletionSource<Session> _attached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HostMachine _machine;
    private readonly Heartbeat _heartbeat;

    public HostChannel(IPort port, string name, SessionOptions options, TimeProvider timeProvider, Func<SessionId> createId)
        : base(port, name, options, timeProvider)
    {
        _machine = new HostMachine(options, this, createId);
        _heartbeat = new Heartbeat(options, timeProvider, TryPing, SetResponsive);
    }

    protected override ChannelMachine Machine => _machine;

    internal Heartbeat Heartbeat => _heartbeat;

    /// <summary>The session, once there is one.</summary>
    internal Session? Session { get; private set; }

    /// <summary>Starts to read, and says HELLO.</summary>
    public void BeginAttach()
    {
        Start();
        Change(static channel => ((HostChannel)channel)._machine.Start());
    }

    /// <summary>Says HELLO again, unless the port has yet to take what was said before.</summary>
    public void RetryAttach()
    {
        if (Writer.IsIdle)
        {
            Change(static channel => ((HostChannel)channel)._machine.RetryHello());
        }
    }

    public async ValueTask<Session> AttachAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Options.AttachTimeout, TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            BeginAttach();
            for (var attempt = 0; ; attempt++)
            {
                var delay = Task.Delay(Options.GetHelloRetryDelay(attempt), TimeProvider, either.Token);
                if (await Task.WhenAny(_attached.Task, delay) == _attached.Task)
                {
                    return await _attached.Task;
                }

                await delay;
                RetryAttach();
            }
        }
        catch (Exception exception)
        {
            Change(channel => _machine.StopAttaching());
            await DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            if (exception is OperationCanceledException)
            {
                throw new AttachException(
                    AttachFailure.NoAnswer,
                    $"no answer from an agent behind {Name} within {Options.AttachTimeout.TotalSeconds:0.###} s: the VM may be paused, the agent not running, or another program holds the port");
            }

            throw;
        }
        finally
        {
            // Ends the last delay, whose timer would go off in an idle session.
            await either.CancelAsync();
        }
    }

    protected override void OnSessionAttached(Session session)
    {
        Session = session;
        if (!_attached.TrySetResult(session))
        {
            BeginDispose();
        }
    }

    protected override void OnSessionEnded(Session session) => BeginDispose();

    protected override Task OnSessionDisposedAsync(Session session) => DisposeAsync().AsTask();

    protected override ValueTask<bool> OnPeerGoneAsync()
    {
        Change(static channel => ((HostChannel)channel).OnPeerGone());
        return ValueTask.FromResult(false);
    }

    protected override void OnPumpEnded(Exception? failure)
    {
        if (!_attached.Task.IsCompleted)
        {
            _attached.TrySetException(new AttachException(
                AttachFailure.Lost,
                $"{Name} was closed before an agent answered: the VM has stopped or lost the device{(failure is null ? "" : $" ({failure.Message})")}",
                failure));
        }

        BeginDispose();
    }

    protected override void OnReceived()
    {
        _heartbeat.OnReceived();
        if (_machine.Refusal is { } refusal)
        {
            _attached.TrySetException(new AttachException(refusal.Failure, $"cannot attach to the agent behind {Name}: {refusal.Message}"));
        }
    }

    protected override void OnSending() => _heartbeat.OnSent();

    protected override void OnExpecting(bool expecting) => _heartbeat.SetExpecting(expecting);

    protected override void OnDisposed() => _heartbeat.Dispose();

    private void BeginDispose() => _ = DisposeAsync().AsTask();

    private bool TryPing()
    {
        // A peer that does not even take what was sent before gets nothing more on top.
        if (!Writer.IsIdle)
        {
            return false;
        }

        Change(static channel => ((HostChannel)channel)._machine.SendPing(HeartbeatToken));
        return true;
    }

    private void SetResponsive(bool isResponsive) => Session?.SetResponsive(isResponsive);
}
