using Grpc.Core;
using Grpc.Internal.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Grpc.AspNetCore.Server;

/// <summary>Turns away what is not a gRPC request over HTTP/2 or newer
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests, Content-Type).</summary>
internal static class RequestCheck
{
    public static bool TryAccept(HttpContext http, ILogger logger)
    {
        var request = http.Request;
        if (!GrpcHeaders.IsGrpcContentType(request.ContentType))
        {
            ServerLog.UnsupportedContentType(logger, request.ContentType);
            Refuse(http.Response, StatusCodes.Status415UnsupportedMediaType, request.ContentType is null
                ? "Content-Type is missing from the request."
                : $"Content-Type '{request.ContentType}' is not supported.");
            return false;
        }

        if (!HttpProtocol.IsHttp2(request.Protocol) && !HttpProtocol.IsHttp3(request.Protocol))
        {
            ServerLog.UnsupportedProtocol(logger, request.Protocol);
            http.Response.Headers[HeaderNames.Upgrade] = HttpProtocol.Http2;
            Refuse(http.Response, StatusCodes.Status426UpgradeRequired, $"Request protocol '{request.Protocol}' is not supported.");
            return false;
        }

        return true;
    }

    private static void Refuse(HttpResponse response, int httpStatus, string detail)
    {
        response.StatusCode = httpStatus;
        ResponseStatus.Write(response.Headers, new Status(StatusCode.Internal, detail));
    }
}
