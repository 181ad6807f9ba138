using System.Net;
using Microsoft.AspNetCore.Connections;

namespace GuestTune.Agent.Transport;

/// <summary>Gives a Kestrel server exactly one connection; further accepts wait until the server stops.</summary>
internal sealed class SingleConnectionListener(ConnectionContext connection) : IConnectionListenerFactory, IConnectionListenerFactorySelector, IConnectionListener
{
    private readonly TaskCompletionSource<ConnectionContext?> _unbound = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ConnectionContext? _connection = connection;

    public EndPoint EndPoint { get; private set; } = connection.LocalEndPoint!;

    public bool CanBind(EndPoint endpoint) => endpoint is SessionEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        EndPoint = endpoint;
        return new(this);
    }

    public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        Interlocked.Exchange(ref _connection, null) is { } connection
            ? new(connection)
            : new(_unbound.Task.WaitAsync(cancellationToken));

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _unbound.TrySetResult(null);
        return default;
    }

    public ValueTask DisposeAsync()
    {
        _unbound.TrySetResult(null);
        return default;
    }
}
