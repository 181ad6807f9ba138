using System.IO.Pipelines;
using System.Net;
using GuestTune.VirtioSerial;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace GuestTune.Agent.Transport;

/// <summary>One session as Kestrel sees a connection: the session's pipes, and its end as <see cref="BaseConnectionContext.ConnectionClosed"/>.</summary>
internal sealed class SessionConnectionContext :
    ConnectionContext,
    IConnectionIdFeature,
    IConnectionTransportFeature,
    IConnectionItemsFeature,
    IConnectionLifetimeFeature,
    IConnectionEndPointFeature
{
    private readonly Session _session;
    private readonly CancellationTokenSource _closed = new();

    public SessionConnectionContext(Session session, EndPoint? localEndPoint)
    {
        _session = session;
        Transport = session;
        ConnectionId = session.Id.ToString();
        LocalEndPoint = localEndPoint;
        ConnectionClosed = _closed.Token;
        Features.Set<IConnectionIdFeature>(this);
        Features.Set<IConnectionTransportFeature>(this);
        Features.Set<IConnectionItemsFeature>(this);
        Features.Set<IConnectionLifetimeFeature>(this);
        Features.Set<IConnectionEndPointFeature>(this);
        _ = CloseWhenSessionEndsAsync();
    }

    public override string ConnectionId { get; set; }

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new ConnectionItems();

    public override IDuplexPipe Transport { get; set; }

    public override void Abort(ConnectionAbortedException abortReason) => _session.Abort(ResetReason.Closed);

    public override async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await base.DisposeAsync();
    }

    private async Task CloseWhenSessionEndsAsync()
    {
        await _session.Ended;
        // Kestrel's callbacks run elsewhere: they must not hold up the thread that ended the session, and what they throw must not end the agent.
        _ = _closed.CancelAsync();
    }
}
