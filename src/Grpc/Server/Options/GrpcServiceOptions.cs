using System.IO.Compression;
using Grpc.Net.Compression;

namespace Grpc.AspNetCore.Server;

/// <summary>Options of all services, or with <see cref="GrpcServiceOptions{TService}"/> of one
/// (https://learn.microsoft.com/aspnet/core/grpc/configuration).</summary>
public class GrpcServiceOptions
{
    internal const int DefaultMaxReceiveMessageSizeBytes = 4 * 1024 * 1024;

    private int? _maxSendMessageSize;
    private int? _maxReceiveMessageSize;

    /// <summary>Largest message in bytes that is sent; null, the default, for no limit.</summary>
    public int? MaxSendMessageSize
    {
        get => _maxSendMessageSize;
        set => (_maxSendMessageSize, IsMaxSendMessageSizeSet) = (value, true);
    }

    /// <summary>Largest message in bytes that is received; null for no limit, 4 MiB by default.</summary>
    public int? MaxReceiveMessageSize
    {
        get => _maxReceiveMessageSize;
        set => (_maxReceiveMessageSize, IsMaxReceiveMessageSizeSet) = (value, true);
    }

    /// <summary>Whether a client is told of exceptions in handlers.</summary>
    public bool? EnableDetailedErrors { get; set; }

    /// <summary>Encoding of the messages sent, where the client accepts it, e.g. "gzip".</summary>
    public string? ResponseCompressionAlgorithm { get; set; }

    /// <summary>How hard to compress.</summary>
    public CompressionLevel? ResponseCompressionLevel { get; set; }

    /// <summary>Encodings that messages may have; gzip and deflate by default.</summary>
    public IList<ICompressionProvider> CompressionProviders { get; set; } = [];

    /// <summary>Interceptors of every call, the first one sees it first.</summary>
    public InterceptorCollection Interceptors { get; } = [];

    internal bool IsMaxSendMessageSizeSet { get; private set; }

    internal bool IsMaxReceiveMessageSizeSet { get; private set; }
}
