using System.Net;
using GuestTune.VirtioSerial;
using Microsoft.AspNetCore.Connections;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>Gives Kestrel the sessions of one port as its connections.</summary>
internal sealed class SessionListenerFactory(GuestSessionListener sessions) : IConnectionListenerFactory
{
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(new Listener(sessions, endpoint));

    private sealed class Listener(GuestSessionListener sessions, EndPoint endPoint) : IConnectionListener
    {
        private readonly CancellationTokenSource _unbound = new();

        public EndPoint EndPoint => endPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            try
            {
                return new SessionConnection(await sessions.AcceptAsync(_unbound.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or PortException)
            {
                return null;
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _unbound.Cancel();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            _unbound.Cancel();
            return ValueTask.CompletedTask;
        }
    }
}
