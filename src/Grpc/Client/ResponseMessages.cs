using System.Buffers;
using Grpc.Core;
using Grpc.Internal.Wire;

namespace Grpc.Net.Client;

/// <summary>Cuts messages out of a response body, and takes no more from it than the message asked for
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses, Length-Prefixed-Message).</summary>
internal sealed class ResponseMessages(GrpcChannel channel, Stream stream, string encoding)
{
    // A length is only a claim: memory is taken as data arrive.
    private const int FirstBufferSizeBytes = 128 * 1024;

    private readonly byte[] _header = new byte[MessageHeader.SizeBytes];
    private readonly PayloadContext _payload = new();

    /// <summary>The next message, or null at the end of the body.</summary>
    public async ValueTask<T?> ReadAsync<T>(Func<DeserializationContext, T> deserializer, CancellationToken cancellationToken)
        where T : class
    {
        cancellationToken.ThrowIfCancellationRequested();
        var readBytes = await stream.ReadAtLeastAsync(_header, _header.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (readBytes == 0)
        {
            return null;
        }

        if (readBytes < _header.Length)
        {
            throw new InvalidDataException("Unexpected end of content while reading the message header.");
        }

        var header = MessageHeader.Read(_header);
        if (header.LengthBytes > channel.MaxReceiveMessageSizeBytes)
        {
            throw MessageErrors.ReceivedMessageTooLarge();
        }

        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(header.LengthBytes, FirstBufferSizeBytes));
        try
        {
            var filledBytes = 0;
            while (filledBytes < header.LengthBytes)
            {
                if (filledBytes == buffer.Length)
                {
                    buffer = Grow(buffer, header.LengthBytes);
                }

                var target = buffer.AsMemory(filledBytes, Math.Min(buffer.Length, header.LengthBytes) - filledBytes);
                readBytes = await stream.ReadAsync(target, cancellationToken).ConfigureAwait(false);
                if (readBytes == 0)
                {
                    throw new InvalidDataException("Unexpected end of content while reading the message content.");
                }

                filledBytes += readBytes;
            }

            cancellationToken.ThrowIfCancellationRequested();
            var payload = new ReadOnlySequence<byte>(buffer, 0, header.LengthBytes);
            return _payload.Deserialize(header.IsCompressed ? Decompress(payload) : payload, deserializer);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads the end of the body, without which there are no trailers.</summary>
    public async ValueTask ExpectEndAsync(CancellationToken cancellationToken)
    {
        if (await stream.ReadAsync(_header.AsMemory(0, 1), cancellationToken).ConfigureAwait(false) > 0)
        {
            throw new InvalidDataException("Unexpected data after finished reading message.");
        }
    }

    private static byte[] Grow(byte[] full, int neededBytes)
    {
        var grown = ArrayPool<byte>.Shared.Rent((int)Math.Min(neededBytes, full.Length * 2L));
        full.CopyTo(grown, 0);
        ArrayPool<byte>.Shared.Return(full);
        return grown;
    }

    private ReadOnlySequence<byte> Decompress(in ReadOnlySequence<byte> payload)
    {
        if (string.Equals(encoding, GrpcHeaders.Identity, StringComparison.Ordinal))
        {
            throw MessageErrors.CompressedIdentity();
        }

        return channel.CompressionProviders.TryGetValue(encoding, out var provider)
            ? MessageCompression.Decompress(provider, payload, channel.MaxReceiveMessageSizeBytes)
            : throw MessageErrors.UnknownEncoding(encoding, MessageErrors.DescribeSupported(channel.CompressionProviders, ", "));
    }
}
