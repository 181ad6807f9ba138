using GuestTune.VirtioSerial.Guest;

namespace GuestTune.VirtioSerial;

/// <summary>Where a guest's sessions come from: each host that attaches to the port gives one, and ends the one before.</summary>
public sealed class GuestSessionListener : IAsyncDisposable
{
    private readonly GuestChannel _channel;

    /// <summary>Starts to listen. The listener owns the port, and closes it when it is disposed.</summary>
    public GuestSessionListener(IPort port, SessionOptions? options = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(port);
        options ??= new SessionOptions();
        options.ThrowIfInvalid(nameof(options));
        _channel = new GuestChannel(port, port.ToString() ?? "the port", options, timeProvider ?? TimeProvider.System, SessionId.CreateRandom);
    }

    /// <summary>Tells this run of the agent from every other; hosts learn it when they attach.</summary>
    public SessionId InstanceId => _channel.InstanceId;

    /// <summary>The next session. One that ended before anybody asked for it is left out.</summary>
    /// <exception cref="PortException">The port failed or was unplugged.</exception>
    public ValueTask<Session> AcceptAsync(CancellationToken cancellationToken = default) => _channel.AcceptAsync(cancellationToken);

    /// <summary>Ends the session that is up, tells the host so, and closes the port.</summary>
    public ValueTask DisposeAsync() => _channel.ShutDownAsync();
}
