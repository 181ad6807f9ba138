using GuestTune.VirtioSerial;
using Microsoft.AspNetCore.Connections;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>A session as a connection of Kestrel.</summary>
internal sealed class SessionConnection : DefaultConnectionContext
{
    private readonly Session _session;
    private readonly CancellationTokenSource _closed = new();

    public SessionConnection(Session session)
        : base(session.Id.ToString()!)
    {
        _session = session;
        Transport = session;
        ConnectionClosed = _closed.Token;
        _ = session.Ended.ContinueWith(_ => _closed.Cancel(), TaskScheduler.Default);
    }

    public override void Abort(ConnectionAbortedException abortReason) => _session.Abort();

    public override async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await base.DisposeAsync();
    }
}
