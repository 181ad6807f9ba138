using Grpc.Core;
using Grpc.Internal.Wire;
using Grpc.Net.Compression;

namespace Grpc.Net.Client;

/// <summary>Puts messages into a request body, each in one write
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests, Length-Prefixed-Message).</summary>
internal sealed class RequestMessages<TRequest, TResponse>(ClientCall<TRequest, TResponse> call)
    where TRequest : class
    where TResponse : class
{
    private readonly RequestSerializationContext _context = new(call.Channel.MaxSendMessageSizeBytes);

    public async ValueTask WriteAsync(Stream stream, TRequest message, WriteOptions? options, CancellationToken cancellationToken)
    {
        try
        {
            var compression = MessageCompression.MayCompress(options) ? FindCompression() : null;
            var bytes = _context.Serialize(message, call.Method.RequestMarshaller.ContextualSerializer, compression);
            await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _context.Release();
        }
    }

    private ICompressionProvider? FindCompression()
    {
        var encoding = call.Options.Headers?.GetValue(GrpcHeaders.EncodingRequest);
        return encoding is null || string.Equals(encoding, GrpcHeaders.Identity, StringComparison.Ordinal) ? null
            : call.Channel.CompressionProviders.TryGetValue(encoding, out var provider) ? provider
            : throw new InvalidOperationException($"Could not find compression provider for '{encoding}'.");
    }
}
