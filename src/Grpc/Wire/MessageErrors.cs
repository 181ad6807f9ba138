using Grpc.Core;
using Grpc.Net.Compression;

namespace Grpc.Internal.Wire;

/// <summary>What can be wrong with a message, worded as the stock packages word it.</summary>
internal static class MessageErrors
{
    public const string ReceivedTooLarge = "Received message exceeds the maximum configured message size.";

    public static RpcException ReceivedMessageTooLarge() => new(new Status(StatusCode.ResourceExhausted, ReceivedTooLarge));

    public static RpcException SendingMessageTooLarge() =>
        new(new Status(StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size."));

    public static RpcException Incomplete() => new(new Status(StatusCode.Internal, "Incomplete message."));

    public static RpcException AdditionalData() => new(new Status(StatusCode.Internal, "Additional data after the message received."));

    public static RpcException ReadCancelled() => new(new Status(StatusCode.Internal, "Incoming message cancelled."));

    public static RpcException CompressedWithoutEncoding() =>
        new(new Status(StatusCode.Internal, "Request did not include grpc-encoding value with compressed message."));

    public static RpcException CompressedIdentity() =>
        new(new Status(StatusCode.Internal, "Request sent 'identity' grpc-encoding value with compressed message."));

    public static RpcException UnknownEncoding(string encoding, string supported) =>
        new(new Status(StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{encoding}'. Supported encodings: {supported}"));

    /// <summary>The encodings that can be read, as in grpc-accept-encoding.</summary>
    public static string DescribeSupported(IReadOnlyDictionary<string, ICompressionProvider> providers, string separator) =>
        string.Join(separator, providers.Keys.Prepend(GrpcHeaders.Identity));
}
