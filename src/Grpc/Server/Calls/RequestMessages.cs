using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Internal.Wire;

namespace Grpc.AspNetCore.Server;

/// <summary>Cuts messages out of a request body. Bytes that are not consumed hold the client back, by HTTP/2 flow control
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests, Length-Prefixed-Message).</summary>
internal static class RequestMessages
{
    /// <summary>The only message of a request; reads to the end to be sure of that.</summary>
    public static async ValueTask<T> ReadSingleAsync<T>(PipeReader input, HttpServerCallContext call, Func<DeserializationContext, T> deserializer)
        where T : class
    {
        T? message = null;
        while (true)
        {
            var result = await input.ReadAsync();
            var buffer = result.Buffer;
            try
            {
                if (result.IsCanceled)
                {
                    throw MessageErrors.ReadCancelled();
                }

                if (message is not null && !buffer.IsEmpty)
                {
                    throw MessageErrors.AdditionalData();
                }

                if (message is null)
                {
                    TryRead(ref buffer, call, deserializer, out message);
                }

                if (result.IsCompleted)
                {
                    return message is null ? throw MessageErrors.Incomplete()
                        : buffer.IsEmpty ? message
                        : throw MessageErrors.AdditionalData();
                }
            }
            finally
            {
                Advance(input, buffer, message is not null);
            }
        }
    }

    /// <summary>The next message of a stream of them, or null at its end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<T?> ReadNextAsync<T>(
        PipeReader input, HttpServerCallContext call, Func<DeserializationContext, T> deserializer, CancellationToken cancellationToken)
        where T : class
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            T? message = null;
            try
            {
                if (result.IsCanceled)
                {
                    throw MessageErrors.ReadCancelled();
                }

                if (TryRead(ref buffer, call, deserializer, out message))
                {
                    return message;
                }

                if (result.IsCompleted)
                {
                    return buffer.IsEmpty ? null : throw MessageErrors.Incomplete();
                }
            }
            finally
            {
                Advance(input, buffer, message is not null);
            }
        }
    }

    // Without a message all is marked as examined, so that the next read waits for more.
    private static void Advance(PipeReader input, in ReadOnlySequence<byte> rest, bool hasMessage) =>
        input.AdvanceTo(rest.Start, hasMessage ? rest.Start : rest.End);

    private static bool TryRead<T>(
        ref ReadOnlySequence<byte> buffer, HttpServerCallContext call, Func<DeserializationContext, T> deserializer, out T? message)
        where T : class
    {
        message = null;
        if (buffer.Length < MessageHeader.SizeBytes)
        {
            return false;
        }

        // The limit is checked before the body is awaited: nobody buffers a message that will be refused.
        var header = MessageHeader.Read(buffer);
        if (header.LengthBytes > call.Options.MaxReceiveMessageSizeBytes)
        {
            throw MessageErrors.ReceivedMessageTooLarge();
        }

        if (buffer.Length < MessageHeader.SizeBytes + (long)header.LengthBytes)
        {
            return false;
        }

        var payload = buffer.Slice(MessageHeader.SizeBytes, header.LengthBytes);
        message = call.Payload.Deserialize(header.IsCompressed ? Decompress(payload, call) : payload, deserializer);
        buffer = buffer.Slice(payload.End);
        return true;
    }

    private static ReadOnlySequence<byte> Decompress(in ReadOnlySequence<byte> payload, HttpServerCallContext call)
    {
        var encoding = call.HttpContext.Request.Headers.GrpcEncoding;
        if (encoding.Count == 0)
        {
            throw MessageErrors.CompressedWithoutEncoding();
        }

        var name = encoding.ToString();
        if (string.Equals(name, GrpcHeaders.Identity, StringComparison.Ordinal))
        {
            throw MessageErrors.CompressedIdentity();
        }

        var providers = call.Options.CompressionProviders;
        if (providers.TryGetValue(name, out var provider))
        {
            return MessageCompression.Decompress(provider, payload, call.Options.MaxReceiveMessageSizeBytes);
        }

        // "MUST fail with status UNIMPLEMENTED … the response MUST include grpc-accept-encoding",
        // https://github.com/grpc/grpc/blob/master/doc/compression.md#test-cases
        if (!call.HttpContext.Response.HasStarted)
        {
            call.HttpContext.Response.Headers.GrpcAcceptEncoding = MessageErrors.DescribeSupported(providers, ",");
        }

        throw MessageErrors.UnknownEncoding(name, MessageErrors.DescribeSupported(providers, ", "));
    }
}
