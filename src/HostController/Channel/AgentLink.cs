using Grpc.Net.Client;
using GuestTune.VirtioSerial;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.Channel;

/// <summary>
/// The way to the agent of one VM: one session on its port and one HTTP/2 connection on the session. Attaching is a step
/// of its own, before the call, so that its time, its errors and its cancellation belong to the caller who waits for it.
/// </summary>
internal sealed class AgentLink : IAsyncDisposable
{
    private readonly ChannelAddress _address;
    private readonly AttachSession _attach;
    private readonly TimeProvider _time;
    private readonly GrpcChannel _channel;
    private readonly SemaphoreSlim _attaching = new(1);
    private readonly Lock _lock = new();
    private Session? _session;
    private bool _handedOver;
    private bool _lost;
    private bool _disposed;

    public AgentLink(ChannelAddress address, AgentLinkOptions options, AttachSession attach, TimeProvider time)
    {
        _address = address;
        _attach = attach;
        _time = time;
        var handler = new SocketsHttpHandler
        {
            // A port carries one connection: a second one would wait for the first to end.
            EnableMultipleHttp2Connections = false,
            // A paused or migrating VM is silent and well: only the caller's time limit ends a call.
            KeepAlivePingDelay = Timeout.InfiniteTimeSpan,
            // The link itself says when it is idle.
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            ConnectTimeout = Timeout.InfiniteTimeSpan,
            InitialHttp2StreamWindowSize = options.Http2WindowSizeBytes,
            MaxResponseHeadersLength = options.MaxResponseHeadersKib,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(HandOver()),
        };
        _channel = GrpcChannel.ForAddress("http://agent", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = options.MaxReceiveMessageSizeBytes,
        });
        Client = new AgentApi.Agent.AgentClient(_channel);
        MeasuredBoot = new AgentApi.MeasuredBoot.MeasuredBootClient(_channel);
    }

    public AgentApi.Agent.AgentClient Client { get; }

    public AgentApi.MeasuredBoot.MeasuredBootClient MeasuredBoot { get; }

    /// <summary>Makes sure that there is a session to call over.</summary>
    /// <exception cref="AttachException">The agent cannot be reached; the message says why.</exception>
    public async ValueTask<Attachment> AttachAsync(CancellationToken cancellationToken)
    {
        await _attaching.WaitAsync(cancellationToken);
        try
        {
            var session = Usable(out var broken);
            if (session is not null)
            {
                return new Attachment(session, TimeSpan.Zero);
            }

            if (broken is not null)
            {
                await broken.DisposeAsync();
            }

            var start = _time.GetTimestamp();
            session = await _attach(_address, cancellationToken);
            if (!Keep(session))
            {
                await session.DisposeAsync();
                throw new ObjectDisposedException(nameof(AgentLink));
            }

            return new Attachment(session, _time.GetElapsedTime(start));
        }
        finally
        {
            _attaching.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Session? session;
        lock (_lock)
        {
            _disposed = true;
            session = _session;
            _session = null;
        }

        _channel.Dispose();
        if (session is not null)
        {
            await session.DisposeAsync();
        }
    }

    private Session? Usable(out Session? broken)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var usable = _session is not null && !_lost && !_session.Ended.IsCompleted;
            broken = usable ? null : _session;
            return usable ? _session : null;
        }
    }

    private bool Keep(Session session)
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return false;
            }

            _session = session;
            _handedOver = false;
            _lost = false;
            return true;
        }
    }

    // SocketsHttpHandler asks for a connection at the first call of a session, and again where it gave the connection up
    // (GOAWAY, a protocol error). Then the session is of no more use, and the next AttachAsync begins anew.
    private SessionStream HandOver()
    {
        lock (_lock)
        {
            if (_session is null || _handedOver)
            {
                _lost = true;
                throw new IOException("the connection to the agent was closed");
            }

            _handedOver = true;
            var session = _session;
            return new SessionStream(session, session.DisposeAsync);
        }
    }
}
