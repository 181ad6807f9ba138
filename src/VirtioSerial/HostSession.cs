using GuestTune.VirtioSerial.Host;

namespace GuestTune.VirtioSerial;

/// <summary>Where a host's sessions come from.</summary>
public static class HostSession
{
    /// <summary>Connects to the socket that QEMU serves for a port, and attaches to the agent behind it.</summary>
    /// <exception cref="AttachException">With a reason that a user understands.</exception>
    public static async ValueTask<Session> AttachAsync(string socketPath, SessionOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new SessionOptions();
        options.ThrowIfInvalid(nameof(options));
        var port = await SocketPort.ConnectAsync(socketPath, cancellationToken);
        return await AttachAsync(port, options, cancellationToken);
    }

    /// <summary>Attaches to the agent behind a port. The session owns the port, and closes it when it ends; a failed attach closes it too.</summary>
    /// <exception cref="AttachException">With a reason that a user understands.</exception>
    public static ValueTask<Session> AttachAsync(IPort port, SessionOptions? options = null, CancellationToken cancellationToken = default) =>
        AttachAsync(port, options, TimeProvider.System, cancellationToken);

    /// <summary>The same with a clock of the caller's.</summary>
    public static ValueTask<Session> AttachAsync(IPort port, SessionOptions? options, TimeProvider timeProvider, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(port);
        ArgumentNullException.ThrowIfNull(timeProvider);
        options ??= new SessionOptions();
        options.ThrowIfInvalid(nameof(options));
        var channel = new HostChannel(port, port.ToString() ?? "the port", options, timeProvider, SessionId.CreateRandom);
        return channel.AttachAsync(cancellationToken);
    }
}
