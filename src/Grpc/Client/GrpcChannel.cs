using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Internal.Wire;
using Grpc.Net.Compression;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Net.Client;

/// <summary>A way to one server, which its calls share (https://learn.microsoft.com/aspnet/core/grpc/client).</summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private readonly Uri _address;
    private readonly bool _isSecure;
    private readonly bool _ownsInvoker;
    private readonly ConcurrentDictionary<IMethod, Uri> _uris = new();
    private readonly HashSet<ClientCall> _activeCalls = [];
    private bool _isDisposed;

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
        _address = address;
        _isSecure = IsSecureAddress(address, options.Credentials);
        CallCredentials = _isSecure || options.UnsafeUseInsecureChannelCallCredentials ? options.Credentials?.CallCredentials : null;
        SendsCallCredentials = _isSecure || options.UnsafeUseInsecureChannelCallCredentials;

        Invoker = options.HttpClient
            ?? new HttpMessageInvoker(
                options.HttpHandler ?? new SocketsHttpHandler { EnableMultipleHttp2Connections = true },
                disposeHandler: options.HttpHandler is null || options.DisposeHttpClient);
        _ownsInvoker = options.HttpClient is null || options.DisposeHttpClient;

        MaxSendMessageSizeBytes = options.MaxSendMessageSize;
        MaxReceiveMessageSizeBytes = options.MaxReceiveMessageSize;
        CompressionProviders = options.CompressionProviders is { } providers
            ? MessageCompression.ByName(providers)
            : MessageCompression.DefaultProviders;
        AcceptEncoding = MessageErrors.DescribeSupported(CompressionProviders, ",");
        ThrowsOperationCanceled = options.ThrowOperationCanceledOnCancellation;
        HttpVersion = options.HttpVersion ?? System.Net.HttpVersion.Version20;
        HttpVersionPolicy = options.HttpVersionPolicy ?? System.Net.Http.HttpVersionPolicy.RequestVersionExact;

        var loggerFactory = options.LoggerFactory
            ?? options.ServiceProvider?.GetService(typeof(ILoggerFactory)) as ILoggerFactory
            ?? NullLoggerFactory.Instance;
        Logger = loggerFactory.CreateLogger("Grpc.Net.Client.Internal.GrpcCall");
    }

    internal HttpMessageInvoker Invoker { get; }

    internal Uri Address => _address;

    internal CallCredentials? CallCredentials { get; }

    internal bool SendsCallCredentials { get; }

    internal int? MaxSendMessageSizeBytes { get; }

    internal int? MaxReceiveMessageSizeBytes { get; }

    internal IReadOnlyDictionary<string, ICompressionProvider> CompressionProviders { get; }

    internal string AcceptEncoding { get; }

    internal bool ThrowsOperationCanceled { get; }

    internal Version HttpVersion { get; }

    internal HttpVersionPolicy HttpVersionPolicy { get; }

    internal ILogger Logger { get; }

    /// <summary>A channel to an address such as "http://localhost:5000".</summary>
    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>A channel to an address such as "http://localhost:5000".</summary>
    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) => ForAddress(new Uri(address), channelOptions);

    /// <summary>A channel to an address.</summary>
    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>A channel to an address. No connection is made before the first call.</summary>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        if (channelOptions.HttpClient is not null && channelOptions.HttpHandler is not null)
        {
            throw new ArgumentException(
                "HttpClient and HttpHandler have been configured. Only one HTTP caller can be specified.", nameof(channelOptions));
        }

        return new GrpcChannel(address, channelOptions);
    }

    /// <inheritdoc />
    public override CallInvoker CreateCallInvoker()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new HttpCallInvoker(this);
    }

    /// <summary>Cancels the calls under way, and closes what the channel owns.</summary>
    public void Dispose()
    {
        ClientCall[] calls;
        lock (_activeCalls)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
            calls = [.. _activeCalls];
        }

        foreach (var call in calls)
        {
            call.Dispose();
        }

        if (_ownsInvoker)
        {
            Invoker.Dispose();
        }
    }

    internal void Add(ClientCall call)
    {
        lock (_activeCalls)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _activeCalls.Add(call);
        }
    }

    internal void Remove(ClientCall call)
    {
        lock (_activeCalls)
        {
            _activeCalls.Remove(call);
        }
    }

    internal Uri GetUri(IMethod method) => _uris.GetOrAdd(
        method,
        static (method, channel) => new UriBuilder(channel._address)
        {
            Scheme = channel._isSecure ? Uri.UriSchemeHttps : Uri.UriSchemeHttp,
            Path = method.FullName,
        }.Uri,
        this);

    private static bool IsSecureAddress(Uri address, ChannelCredentials? credentials)
    {
        var isHttps = string.Equals(address.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal);
        if (!isHttps && !string.Equals(address.Scheme, Uri.UriSchemeHttp, StringComparison.Ordinal))
        {
            throw new ArgumentException($"The scheme of '{address}' is not supported; it can be http or https.", nameof(address));
        }

        if (credentials is not null && credentials.IsSecure != isHttps)
        {
            throw new InvalidOperationException(
                $"Channel is configured with {(credentials.IsSecure ? "secure" : "insecure")} channel credentials and can't use a HttpClient with a '{address.Scheme}' scheme.");
        }

        return isHttps;
    }
}
