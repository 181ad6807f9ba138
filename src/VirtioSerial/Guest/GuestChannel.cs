using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using GuestTune.VirtioSerial.Protocol;
using Channel = GuestTune.VirtioSerial.Protocol.Channel;

namespace GuestTune.VirtioSerial.Guest;

/// <summary>A guest's side of its port: one session after another for as long as the port lives.</summary>
internal sealed class GuestChannel : Channel
{
    private readonly Channel<Session> _accepted = System.Threading.Channels.Channel.CreateBounded<Session>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly GuestMachine _machine;
    private bool _isAlone;

    public GuestChannel(IPort port, string name, SessionOptions options, TimeProvider timeProvider, Func<SessionId> createId)
        : base(port, name, options, timeProvider)
    {
        _machine = new GuestMachine(options, this, createId());
        Begin();
    }

    public SessionId InstanceId => _machine.Instance;

    protected override ChannelMachine Machine => _machine;

    public async ValueTask<Session> AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var session = await _accepted.Reader.ReadAsync(cancellationToken);
                if (!session.Ended.IsCompleted)
                {
                    return session;
                }
            }
            catch (ChannelClosedException exception)
            {
                ObjectDisposedException.ThrowIf(IsDisposed, typeof(GuestSessionListener));
                throw exception.InnerException as PortException
                    ?? new PortException($"{Name} can no longer be used: {exception.InnerException?.Message}", exception.InnerException!);
            }
        }
    }

    /// <summary>The next session, if there is one already.</summary>
    public bool TryAccept([NotNullWhen(true)] out Session? session) => _accepted.Reader.TryRead(out session);

    public async ValueTask ShutDownAsync()
    {
        Change(static channel => ((GuestChannel)channel)._machine.Close(ResetReason.ShuttingDown, "the agent is stopping"));
        await DisposeAsync();
    }

    protected override void OnSessionAttached(Session session) => _accepted.Writer.TryWrite(session);

    protected override void OnSessionEnded(Session session)
    {
    }

    protected override Task OnSessionDisposedAsync(Session session) => Task.CompletedTask;

    protected override async ValueTask<bool> OnPeerGoneAsync()
    {
        // "No host" and what hosts write come by different queues of the device (virtio_console: control and input), and the driver works
        // on them independently. When a host attaches right after another has gone, a read of 0 that belongs to the former can
        // come after the HELLO of the latter, and must not end its session: only a port that stays without a host does.
        if (_machine.IsEstablished)
        {
            Change(static channel => ((GuestChannel)channel)._isAlone = true);
            await using (TimeProvider.CreateTimer(static state => ((GuestChannel)state!).OnAlone(), this, Options.DetachGrace, Timeout.InfiniteTimeSpan))
            {
                await Port.WaitForPeerAsync(CancellationToken.None);
            }

            Change(static channel => ((GuestChannel)channel)._isAlone = false);
        }
        else
        {
            Change(static channel => ((GuestChannel)channel).OnPeerGone());
            await Port.WaitForPeerAsync(CancellationToken.None);
        }

        return true;
    }

    protected override void OnPumpEnded(Exception? failure) => _accepted.Writer.TryComplete(failure);

    private void OnAlone() => Change(static channel =>
    {
        // A timer that was due as a host came back is too late.
        if (((GuestChannel)channel)._isAlone)
        {
            ((GuestChannel)channel).OnPeerGone();
        }
    });

    private void Begin()
    {
        // A host that is attached already may be talking to an agent that is no more. One that attaches later begins by itself.
        var peer = Port.WaitForPeerAsync(CancellationToken.None);
        if (peer.IsCompletedSuccessfully)
        {
            Change(static channel => ((GuestChannel)channel)._machine.Announce());
        }

        Start(peer);
    }
}
