using System.Net;
using System.Net.Sockets;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>What failures of HTTP mean to a call.</summary>
internal static class HttpErrors
{
    /// <summary>As https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md.</summary>
    public static StatusCode ToStatusCode(HttpStatusCode status) => status switch
    {
        HttpStatusCode.BadRequest or HttpStatusCode.RequestHeaderFieldsTooLarge => StatusCode.Internal,
        HttpStatusCode.Unauthorized => StatusCode.Unauthenticated,
        HttpStatusCode.Forbidden => StatusCode.PermissionDenied,
        HttpStatusCode.NotFound => StatusCode.Unimplemented,
        HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout =>
            StatusCode.Unavailable,
        < HttpStatusCode.OK => StatusCode.Internal,
        _ => StatusCode.Unknown,
    };

    /// <summary>By the HTTP/2 error code where there is one, else by whether the connection failed.</summary>
    public static StatusCode ToStatusCode(Exception exception)
    {
        var isConnectionLost = false;
        for (var current = exception; current is not null; current = current.InnerException)
        {
            if (current is HttpProtocolException protocol)
            {
                return ToStatusCode(protocol.ErrorCode);
            }

            isConnectionLost |= current is SocketException or IOException;
        }

        return isConnectionLost ? StatusCode.Unavailable : StatusCode.Internal;
    }

    // https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors
    private static StatusCode ToStatusCode(long http2ErrorCode) => http2ErrorCode switch
    {
        0x7 => StatusCode.Unavailable, // REFUSED_STREAM
        0x8 => StatusCode.Cancelled, // CANCEL
        0xb => StatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
        0xc => StatusCode.PermissionDenied, // INADEQUATE_SECURITY
        _ => StatusCode.Internal,
    };
}
