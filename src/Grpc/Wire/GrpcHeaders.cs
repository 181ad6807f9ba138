namespace Grpc.Internal.Wire;

/// <summary>Names and values of headers, in one place
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).</summary>
internal static class GrpcHeaders
{
    public const string ContentType = "application/grpc";
    public const string Timeout = "grpc-timeout";
    public const string Encoding = "grpc-encoding";
    public const string AcceptEncoding = "grpc-accept-encoding";
    public const string Status = "grpc-status";
    public const string Message = "grpc-message";
    public const string Identity = "identity";

    /// <summary>In the metadata of a call: the encoding to use for its messages. Never sent under this name; so the stock packages do it.</summary>
    public const string EncodingRequest = "grpc-internal-encoding-request";

    /// <summary>99,999,999 seconds: the longest timeout that has eight digits.</summary>
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromSeconds(99_999_999);

    /// <summary>Whether a header is "application/grpc", "application/grpc+proto" or the like.</summary>
    public static bool IsGrpcContentType(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';');
}
