using Grpc.Core;
using Grpc.Internal.Wire;

namespace Grpc.Net.Client;

/// <summary>One call of a client, apart from its message types: it ends exactly once, by its trailers, a failure, its deadline or a cancellation.</summary>
internal abstract class ClientCall : IDisposable
{
    // Timers and clocks disagree by some milliseconds; ending late is right, ending early is not.
    private static readonly TimeSpan TimerSlack = TimeSpan.FromMilliseconds(7);

    // A timer takes no more than 49 days.
    private static readonly TimeSpan MaxTimerPeriod = TimeSpan.FromDays(40);

    private readonly CancellationTokenSource _cancellation = new();
    private readonly Lock _lock = new();
    private HttpResponseMessage? _response;
    private Outcome? _outcome;
    private ITimer? _deadlineTimer;
    private CancellationTokenRegistration _userCancellation;
    private Task<Metadata>? _responseHeaders;

    protected ClientCall(GrpcChannel channel, in CallOptions options)
    {
        if (options.Deadline is { Kind: not DateTimeKind.Utc } deadline && deadline != DateTime.MaxValue && deadline != DateTime.MinValue)
        {
            throw new InvalidOperationException(
                "Deadline must have a kind DateTimeKind.Utc or be equal to DateTime.MaxValue or DateTime.MinValue.");
        }

        Channel = channel;
        Options = options;
        channel.Add(this);
    }

    public GrpcChannel Channel { get; }

    public CallOptions Options { get; }

    /// <summary>Cancelled when the call ends other than by its trailers.</summary>
    public CancellationToken CancellationToken => _cancellation.Token;

    public bool IsDisposed { get; private set; }

    /// <summary>How the call ended; null while it has not.</summary>
    public Status? EndStatus => Volatile.Read(ref _outcome)?.Status;

    /// <summary>The head of the response; null when the call ended before there was one. Never fails.</summary>
    public Task<HttpResponseMessage?> ResponseTask { get; protected set; } = null!;

    protected abstract IMethod MethodInfo { get; }

    public void Dispose()
    {
        IsDisposed = true;
        End(new Status(StatusCode.Cancelled, "gRPC call disposed."), hasTrailers: false);
        ObserveResponse();
    }

    public Status GetStatus() => EndStatus ?? throw new InvalidOperationException("Unable to get the status because the call is not complete.");

    public Metadata GetTrailers() => Volatile.Read(ref _outcome) is { HasTrailers: true } outcome
        ? outcome.GetTrailers(_response!)
        : throw new InvalidOperationException("Can't get the call trailers because the call has not completed successfully.");

    public Task<Metadata> GetResponseHeadersAsync()
    {
        lock (_lock)
        {
            if (_responseHeaders is null)
            {
                // An interceptor may ask for the headers of a call of which only the response is awaited.
                _responseHeaders = ReadResponseHeadersAsync();
                Observe(_responseHeaders);
            }

            return _responseHeaders;
        }
    }

    /// <summary>Ends the call with what went wrong, if it has not ended.</summary>
    public void Fail(string summary, Exception exception)
    {
        var status = exception switch
        {
            OperationCanceledException => new Status(StatusCode.Cancelled, string.Empty, exception),
            RpcException rpc => rpc.Status,
            _ => new Status(HttpErrors.ToStatusCode(exception), $"{summary} {ExceptionText.Describe(exception)}", exception),
        };

        // A server whose timer was faster resets the stream.
        if (status.StatusCode == StatusCode.Cancelled && Options.Deadline <= TimeProvider.System.GetUtcNow().UtcDateTime)
        {
            status = new Status(StatusCode.DeadlineExceeded, status.Detail, status.DebugException);
        }

        End(status, hasTrailers: false);
    }

    /// <summary>Ends the call if its deadline has passed, of which a server may learn before the timer here.</summary>
    public void EndIfOverdue()
    {
        if (Options.Deadline <= TimeProvider.System.GetUtcNow().UtcDateTime)
        {
            End(new Status(StatusCode.DeadlineExceeded, string.Empty), hasTrailers: false);
        }
    }

    /// <summary>Ends the call with the status in the trailers of a response that was read to its end.</summary>
    public Status EndByTrailers(HttpResponseMessage response, bool hasMessageMissing)
    {
        var status = ResponseHead.ReadTrailers(response);
        if (hasMessageMissing && status.StatusCode == StatusCode.OK)
        {
            status = new Status(StatusCode.Internal, "Failed to deserialize response message.");
        }

        End(status, hasTrailers: true);
        return GetStatus();
    }

    /// <summary>What a caller is told of a call that has ended without success.</summary>
    public Exception CreateException()
    {
        var outcome = Volatile.Read(ref _outcome) ?? new Outcome(new Status(StatusCode.Cancelled, string.Empty), HasTrailers: false, AreTrailersInHead: false);
        var status = outcome.Status;
        if (Channel.ThrowsOperationCanceled && status.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded)
        {
            return new OperationCanceledException(
                status.Detail,
                status.DebugException,
                Options.CancellationToken.IsCancellationRequested ? Options.CancellationToken : CancellationToken);
        }

        try
        {
            return new RpcException(status, outcome.HasTrailers ? outcome.GetTrailers(_response!) : Metadata.Empty);
        }
        catch (FormatException exception)
        {
            ClientLog.TrailersNotRead(Channel.Logger, exception);
            return new RpcException(status);
        }
    }

    /// <summary>Lets a token given for one read or write cancel the call.</summary>
    public CancellationTokenRegistration CancelOn(CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled && cancellationToken != Options.CancellationToken
            ? cancellationToken.UnsafeRegister(static (call, token) => ((ClientCall)call!).Cancel(token), this)
            : default;

    protected async Task<HttpResponseMessage?> SendAsync(HttpContent content)
    {
        try
        {
            var request = RequestHead.Create(this, MethodInfo, content, out var timeout);
            ClientLog.Starting(Channel.Logger, MethodInfo.Type, MethodInfo.FullName);
            Watch(timeout);
            if (Channel.SendsCallCredentials && (Options.Credentials ?? Channel.CallCredentials) is not null)
            {
                await RequestHead.AddCredentialsAsync(this, MethodInfo, request).ConfigureAwait(false);
            }

            CancellationToken.ThrowIfCancellationRequested();
            var response = Channel.Invoker is HttpClient client
                ? await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, CancellationToken).ConfigureAwait(false)
                : await Channel.Invoker.SendAsync(request, CancellationToken).ConfigureAwait(false);
            return Accept(response);
        }
        catch (Exception exception)
        {
            // Whatever went wrong becomes the status of the call.
            Fail("Error starting gRPC call.", exception);
            return null;
        }
    }

    /// <summary>The call is over: nobody will read more requests.</summary>
    protected abstract void EndRequests();

    /// <summary>Whoever disposes a call need not await its response.</summary>
    protected abstract void ObserveResponse();

    /// <summary>Keeps a failure that nobody awaits from being reported as unobserved.</summary>
    protected static void Observe(Task task) => _ = task.ContinueWith(
        static failed => _ = failed.Exception,
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    private static TimeSpan TimeUntilDue(TimeSpan remaining) => remaining + TimerSlack < MaxTimerPeriod ? remaining + TimerSlack : MaxTimerPeriod;

    private async Task<Metadata> ReadResponseHeadersAsync() =>
        await ResponseTask.ConfigureAwait(false) is { } response ? ResponseHead.ReadMetadata(response.Headers) : throw CreateException();

    private HttpResponseMessage? Accept(HttpResponseMessage response)
    {
        lock (_lock)
        {
            _response = response;
            if (_outcome is not null)
            {
                response.Dispose();
                return null;
            }
        }

        if (ResponseHead.ReadStatus(response, out var areTrailersInHead) is { } status)
        {
            if (status.StatusCode == StatusCode.OK && MethodInfo.Type is MethodType.Unary or MethodType.ClientStreaming)
            {
                status = new Status(
                    StatusCode.Internal,
                    "Failed to deserialize response message. The response header contains a gRPC status of OK, which means any message returned to the client for this call should be ignored. " +
                    "A unary or client streaming gRPC call must have a response message, which makes this response invalid.");
            }

            End(status, hasTrailers: areTrailersInHead, areTrailersInHead);
        }

        return response;
    }

    private void Watch(TimeSpan? timeout)
    {
        if (timeout <= TimeSpan.Zero)
        {
            End(new Status(StatusCode.DeadlineExceeded, string.Empty), hasTrailers: false);
            return;
        }

        if (timeout is { } remaining)
        {
            using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
            {
                _deadlineTimer = TimeProvider.System.CreateTimer(
                    static call => ((ClientCall)call!).OnTimer(), this, TimeUntilDue(remaining), Timeout.InfiniteTimeSpan);
            }
        }

        if (Options.CancellationToken.CanBeCanceled)
        {
            _userCancellation = Options.CancellationToken.UnsafeRegister(
                static (call, token) => ((ClientCall)call!).Cancel(token), this);
        }
    }

    private void OnTimer()
    {
        var remaining = Options.Deadline!.Value - TimeProvider.System.GetUtcNow().UtcDateTime;
        if (remaining > TimeSpan.Zero)
        {
            _deadlineTimer?.Change(TimeUntilDue(remaining), Timeout.InfiniteTimeSpan);
            return;
        }

        End(new Status(StatusCode.DeadlineExceeded, string.Empty), hasTrailers: false);
    }

    private void Cancel(CancellationToken cancellationToken) =>
        End(new Status(StatusCode.Cancelled, "Call canceled by the client.", new OperationCanceledException(cancellationToken)), hasTrailers: false);

    private void End(Status status, bool hasTrailers, bool areTrailersInHead = false)
    {
        HttpResponseMessage? response;
        lock (_lock)
        {
            if (_outcome is not null)
            {
                return;
            }

            _outcome = new Outcome(status, hasTrailers, areTrailersInHead);
            response = _response;
        }

        Channel.Remove(this);
        _deadlineTimer?.Dispose();

        // Not Dispose, which waits for the callback: it may be the one that runs this.
        _userCancellation.Unregister();
        if (!hasTrailers)
        {
            // Ends a pending send or read; a response not read to its end is reset by its disposal.
            _cancellation.Cancel();
        }

        EndRequests();
        response?.Dispose();
        if (status.StatusCode != StatusCode.OK)
        {
            ClientLog.Failed(Channel.Logger, status.StatusCode, status.Detail, status.DebugException);
        }
    }

    private sealed record Outcome(Status Status, bool HasTrailers, bool AreTrailersInHead)
    {
        private Metadata? _trailers;

        public Metadata GetTrailers(HttpResponseMessage response) =>
            _trailers ??= ResponseHead.ReadMetadata(AreTrailersInHead ? response.Headers : response.TrailingHeaders);
    }
}
