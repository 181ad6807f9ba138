using System.Net.Sockets;
using Grpc.Core;
using Grpc.Internal.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Grpc.AspNetCore.Server;

/// <summary>One call on a server, from its request headers to its trailers.</summary>
internal sealed class HttpServerCallContext(HttpContext httpContext, MethodOptions options, ILogger logger) : ServerCallContext
{
    // RST_STREAM with CANCEL, https://httpwg.org/specs/rfc9113.html#ErrorCodes
    private const int Http2Cancel = 0x8;
    private const int Http3RequestCancelled = 0x10c;

    private static readonly AuthContext Unauthenticated = new(peerIdentityPropertyName: null, []);

    private string? _peer;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private ServerDeadline? _deadline;
    private Status _status;

    public HttpContext HttpContext => httpContext;

    public MethodOptions Options => options;

    public ILogger Logger => logger;

    /// <summary>What messages sent may be compressed with; null for nothing.</summary>
    public string? ResponseEncoding { get; private set; }

    public PayloadContext Payload { get; } = new();

    protected override string MethodCore => httpContext.Request.Path.Value!;

    protected override string HostCore => httpContext.Request.Host.Value!;

    protected override string PeerCore => _peer ??= DescribePeer(httpContext.Connection);

    protected override DateTime DeadlineCore => _deadline?.Deadline ?? DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadRequestHeaders(httpContext.Request.Headers);

    // With a deadline a token of its own: the deadline ends the response first, after which the request is no longer aborted.
    protected override CancellationToken CancellationTokenCore => _deadline?.Token ?? httpContext.RequestAborted;

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore
    {
        get => _status;
        set => _status = value;
    }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => Unauthenticated;

    protected override IDictionary<object, object> UserStateCore => httpContext.Items!;

    public void Begin()
    {
        httpContext.Response.ContentType = GrpcHeaders.ContentType;
        if (TryGetTimeout(out var timeout))
        {
            _deadline = ServerDeadline.Start(this, timeout);
        }

        if (options.ResponseCompressionAlgorithm is { } algorithm && IsAccepted(algorithm))
        {
            ResponseEncoding = algorithm;
            httpContext.Response.Headers.GrpcEncoding = algorithm;
        }
    }

    public void Fail(Exception exception, string methodName)
    {
        if (exception is RpcException rpc)
        {
            ServerLog.CallFailed(logger, rpc.StatusCode, rpc.Status.Detail, rpc.Status.DebugException);
            foreach (var trailer in rpc.Trailers)
            {
                ResponseTrailers.Add(trailer);
            }

            _status = rpc.Status;
            return;
        }

        if (exception is OperationCanceledException or IOException && CancellationToken.IsCancellationRequested)
        {
            ServerLog.HandlerCancelled(logger, methodName, exception);
        }
        else
        {
            ServerLog.HandlerFailed(logger, methodName, exception);
        }

        const string Message = "Exception was thrown by handler.";
        var detail = options.EnableDetailedErrors ? $"{Message} {ExceptionText.Describe(exception)}" : Message;
        _status = new Status(StatusCode.Unknown, detail, exception);
    }

    /// <summary>Writes status and trailers; the server sends them with what is still buffered.</summary>
    public ValueTask EndAsync()
    {
        if (_deadline is not { } deadline)
        {
            WriteTrailers();
            return default;
        }

        if (deadline.TryEndCall())
        {
            WriteTrailers();
        }

        return deadline.DisposeAsync();
    }

    /// <summary>Takes turns with the deadline, which ends the response from another thread.</summary>
    /// <exception cref="OperationCanceledException">The deadline has ended the response.</exception>
    public void WriteExclusively<TState>(TState state, Action<TState> write)
    {
        if (_deadline is { } deadline)
        {
            deadline.WriteExclusively(state, write);
        }
        else
        {
            write(state);
        }
    }

    /// <summary>Sends DEADLINE_EXCEEDED at once, and tells the client to stop sending.</summary>
    public async Task EndByDeadlineAsync(TimeSpan timeout)
    {
        ServerLog.DeadlineExceeded(logger, timeout);
        // Not by the field: the handler may fail in this moment, and sets it then.
        var status = new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded");
        _status = status;
        ResponseStatus.Write(ResponseStatus.Destination(httpContext.Response), status);
        if (httpContext.Features.Get<IHttpResponseBodyFeature>() is { } body)
        {
            await body.CompleteAsync();
        }

        Reset();
    }

    /// <summary>Breaks the call off, for both sides.</summary>
    public void Reset()
    {
        if (httpContext.Features.Get<IHttpResetFeature>() is { } reset)
        {
            reset.Reset(HttpProtocol.IsHttp3(httpContext.Request.Protocol) ? Http3RequestCancelled : Http2Cancel);
        }
        else
        {
            httpContext.Abort();
        }
    }

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        var response = httpContext.Response;
        if (response.HasStarted)
        {
            throw new InvalidOperationException("Response headers can only be sent once per call.");
        }

        foreach (var entry in responseHeaders)
        {
            if (string.Equals(entry.Key, GrpcHeaders.EncodingRequest, StringComparison.Ordinal))
            {
                ResponseEncoding = entry.Value;
                response.Headers.GrpcEncoding = entry.Value;
            }
            else
            {
                try
                {
                    response.Headers.Append(entry.Key, entry.ToHeaderValue());
                }
                catch (InvalidOperationException exception)
                {
                    throw new InvalidOperationException($"Error adding response header '{entry.Key}'.", exception);
                }
            }
        }

        var flush = response.BodyWriter.FlushAsync();
        return flush.IsCompletedSuccessfully ? Task.CompletedTask : flush.AsTask();
    }

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException("Pass ServerCallContext.Deadline and ServerCallContext.CancellationToken to the call instead.");

    private static string DescribePeer(ConnectionInfo connection) => connection.RemoteIpAddress switch
    {
        null => "unknown",
        { AddressFamily: AddressFamily.InterNetwork } v4 => $"ipv4:{v4}:{connection.RemotePort}",
        { AddressFamily: AddressFamily.InterNetworkV6 } v6 => $"ipv6:[{v6}]:{connection.RemotePort}",
        var other => $"unknown:{other}:{connection.RemotePort}",
    };

    private static Metadata ReadRequestHeaders(IHeaderDictionary headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers)
        {
            if (IsHttpOwn(name))
            {
                continue;
            }

            if (!Metadata.Entry.HasBinarySuffix(name))
            {
                // Repeated headers come as one entry, joined by commas, as they do in the stock packages.
                metadata.Add(name, values.ToString());
                continue;
            }

            foreach (var value in values)
            {
                BinaryHeader.AddTo(metadata, name, value!);
            }
        }

        return metadata;
    }

    // Headers of the protocol itself, which are not metadata.
    private static bool IsHttpOwn(string name) =>
        name.Length == 0
        || name[0] == ':'
        || Is(name, GrpcHeaders.Encoding)
        || Is(name, GrpcHeaders.AcceptEncoding)
        || Is(name, GrpcHeaders.Timeout)
        || Is(name, HeaderNames.ContentEncoding)
        || Is(name, HeaderNames.ContentType)
        || Is(name, HeaderNames.TE)
        || Is(name, HeaderNames.Host)
        || Is(name, HeaderNames.AcceptEncoding);

    private static bool Is(string name, string other) => string.Equals(name, other, StringComparison.OrdinalIgnoreCase);

    private bool TryGetTimeout(out TimeSpan timeout)
    {
        var header = httpContext.Request.Headers.GrpcTimeout;
        if (header.Count == 0)
        {
            timeout = default;
            return false;
        }

        if (TimeoutHeader.TryParse(header.Count == 1 ? header[0] : null, out timeout) && timeout > TimeSpan.Zero)
        {
            timeout = timeout < GrpcHeaders.MaxTimeout ? timeout : GrpcHeaders.MaxTimeout;
            return true;
        }

        ServerLog.InvalidTimeoutIgnored(logger, header.ToString());
        return false;
    }

    private bool IsAccepted(string encoding)
    {
        foreach (var header in httpContext.Request.Headers.GrpcAcceptEncoding)
        {
            foreach (var range in header.AsSpan().Split(','))
            {
                if (header.AsSpan()[range].Trim().SequenceEqual(encoding))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private void WriteTrailers()
    {
        var destination = ResponseStatus.Destination(httpContext.Response);
        if (_responseTrailers is not null)
        {
            try
            {
                foreach (var entry in _responseTrailers)
                {
                    destination.Append(entry.Key, entry.ToHeaderValue());
                }
            }
            catch (InvalidOperationException exception)
            {
                // A value that HTTP cannot carry: the call must end all the same, and not with success.
                ServerLog.TrailersNotWritten(logger, exception);
                _status = new Status(StatusCode.Unknown, "Exception was thrown by handler.", exception);
            }
        }

        ResponseStatus.Write(destination, _status);
    }
}
