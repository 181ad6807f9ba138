using Grpc.Core;
using Grpc.Net.Compression;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

/// <summary>How a <see cref="GrpcChannel"/> makes its calls (https://learn.microsoft.com/aspnet/core/grpc/configuration#configure-client-options).</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>How the connection is secured; by default as the scheme of the address says.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>Largest message in bytes that is sent; null, the default, for no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Largest message in bytes that is received; null for no limit, 4 MiB by default.</summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>Encodings that messages may have; null for gzip and deflate.</summary>
    public IList<ICompressionProvider>? CompressionProviders { get; set; }

    /// <summary>Where calls are logged; null for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>The HTTP client to call with, instead of <see cref="HttpHandler"/>.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>The HTTP handler to call with; null for one of the channel's own.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether the given client or handler is disposed with the channel.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>Whether a cancelled or late call throws <see cref="OperationCanceledException"/> instead of <see cref="RpcException"/>.</summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }

    /// <summary>Whether call credentials are sent without TLS.</summary>
    public bool UnsafeUseInsecureChannelCallCredentials { get; set; }

    /// <summary>Where a logger factory is found that is not given here.</summary>
    public IServiceProvider? ServiceProvider { get; set; }

    /// <summary>HTTP version to ask for; null for 2.0.</summary>
    public Version? HttpVersion { get; set; }

    /// <summary>What other HTTP versions will do; null for none.</summary>
    public HttpVersionPolicy? HttpVersionPolicy { get; set; }
}
