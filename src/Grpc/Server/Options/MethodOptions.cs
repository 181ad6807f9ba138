using System.IO.Compression;
using Grpc.Internal.Wire;
using Grpc.Net.Compression;

namespace Grpc.AspNetCore.Server;

/// <summary>The options of all services and of one, merged once for its methods.</summary>
internal sealed class MethodOptions
{
    private MethodOptions(GrpcServiceOptions all, GrpcServiceOptions own)
    {
        MaxReceiveMessageSizeBytes = own.IsMaxReceiveMessageSizeSet
            ? own.MaxReceiveMessageSize
            : all.IsMaxReceiveMessageSizeSet ? all.MaxReceiveMessageSize : GrpcServiceOptions.DefaultMaxReceiveMessageSizeBytes;
        MaxSendMessageSizeBytes = own.IsMaxSendMessageSizeSet ? own.MaxSendMessageSize : all.MaxSendMessageSize;
        EnableDetailedErrors = own.EnableDetailedErrors ?? all.EnableDetailedErrors ?? false;
        ResponseCompressionAlgorithm = own.ResponseCompressionAlgorithm ?? all.ResponseCompressionAlgorithm;
        ResponseCompressionLevel = own.ResponseCompressionLevel ?? all.ResponseCompressionLevel;
        CompressionProviders = own.CompressionProviders.Count + all.CompressionProviders.Count == 0
            ? MessageCompression.DefaultProviders
            : MessageCompression.ByName(own.CompressionProviders.Concat(all.CompressionProviders));
        Interceptors = [.. all.Interceptors, .. own.Interceptors];

        if (ResponseCompressionAlgorithm is not null && !CompressionProviders.ContainsKey(ResponseCompressionAlgorithm))
        {
            throw new InvalidOperationException(
                $"The configured response compression algorithm '{ResponseCompressionAlgorithm}' does not have a matching compression provider.");
        }
    }

    public int? MaxReceiveMessageSizeBytes { get; }

    public int? MaxSendMessageSizeBytes { get; }

    public bool EnableDetailedErrors { get; }

    public string? ResponseCompressionAlgorithm { get; }

    public CompressionLevel? ResponseCompressionLevel { get; }

    public IReadOnlyDictionary<string, ICompressionProvider> CompressionProviders { get; }

    public InterceptorRegistration[] Interceptors { get; }

    public static MethodOptions Merge(GrpcServiceOptions all, GrpcServiceOptions own) => new(all, own);
}
