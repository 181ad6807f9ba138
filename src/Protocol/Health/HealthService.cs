using System.Threading.Channels;
using Grpc.Core;
using Grpc.Health.V1;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace GuestTune.Protocol;

/// <summary>Tells clients which services are up, once and as it changes
/// (https://github.com/grpc/grpc/blob/master/doc/health-checking.md). Register it as a singleton.</summary>
public sealed class HealthService : Health.HealthBase
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ServingStatus> _statuses = new(StringComparer.Ordinal);
    private readonly Dictionary<Channel<ServingStatus>, string> _watchers = [];
    private bool _hasEnded;

    /// <summary>Sets the status of a service, and tells those who watch it.</summary>
    /// <param name="service">Full name, e.g. "guesttune.agent.v1.Agent"; empty for the server as a whole.</param>
    /// <param name="status">Any but SERVICE_UNKNOWN, which says that no status was ever set.</param>
    public void SetStatus(string service, ServingStatus status)
    {
        ArgumentNullException.ThrowIfNull(service);
        if (status == ServingStatus.ServiceUnknown)
        {
            throw new ArgumentException($"{status} is the answer for services without a status; it cannot be set.", nameof(status));
        }

        lock (_lock)
        {
            _statuses[service] = status;
            foreach (var (watcher, watched) in _watchers)
            {
                if (string.Equals(watched, service, StringComparison.Ordinal))
                {
                    watcher.Writer.TryWrite(status);
                }
            }
        }
    }

    /// <summary>Ends all watches, now and later: to be called when the server stops, which waits for its calls.</summary>
    public void EndWatches()
    {
        lock (_lock)
        {
            _hasEnded = true;
            foreach (var watcher in _watchers.Keys)
            {
                watcher.Writer.TryComplete();
            }
        }
    }

    /// <inheritdoc />
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        lock (_lock)
        {
            return _statuses.TryGetValue(request.Service, out var status)
                ? Task.FromResult(new HealthCheckResponse { Status = status })
                : throw new RpcException(new Status(StatusCode.NotFound, $"The service '{request.Service}' is not known here."));
        }
    }

    /// <inheritdoc />
    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        var watcher = AddWatcher(request.Service);
        try
        {
            ServingStatus? sent = null;
            await foreach (var status in watcher.Reader.ReadAllAsync(context.CancellationToken).ConfigureAwait(false))
            {
                if (status != sent)
                {
                    sent = status;
                    await responseStream.WriteAsync(new HealthCheckResponse { Status = status }).ConfigureAwait(false);
                }
            }

            // "If the server is shutting down … UNAVAILABLE" makes the client come back.
            throw new RpcException(new Status(StatusCode.Unavailable, "The server is stopping."));
        }
        finally
        {
            lock (_lock)
            {
                _watchers.Remove(watcher);
            }
        }
    }

    private Channel<ServingStatus> AddWatcher(string service)
    {
        // One place: a client that reads slowly gets the latest status, and takes no memory for those it missed.
        var watcher = Channel.CreateBounded<ServingStatus>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        lock (_lock)
        {
            watcher.Writer.TryWrite(_statuses.GetValueOrDefault(service, ServingStatus.ServiceUnknown));
            if (_hasEnded)
            {
                watcher.Writer.TryComplete();
            }

            _watchers.Add(watcher, service);
        }

        return watcher;
    }
}
