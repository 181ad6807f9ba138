using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>What a server logs of its calls.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1, LogLevel.Information, "Request content-type of '{ContentType}' is not supported.", EventName = "UnsupportedRequestContentType")]
    public static partial void UnsupportedContentType(ILogger logger, string? contentType);

    [LoggerMessage(2, LogLevel.Information, "Request protocol of '{Protocol}' is not supported.", EventName = "UnsupportedRequestProtocol")]
    public static partial void UnsupportedProtocol(ILogger logger, string? protocol);

    [LoggerMessage(3, LogLevel.Error, "Error when executing service method '{ServiceMethod}'.", EventName = "ErrorExecutingServiceMethod")]
    public static partial void HandlerFailed(ILogger logger, string serviceMethod, Exception exception);

    [LoggerMessage(4, LogLevel.Information, "Service method '{ServiceMethod}' canceled.", EventName = "ServiceMethodCanceled")]
    public static partial void HandlerCancelled(ILogger logger, string serviceMethod, Exception exception);

    [LoggerMessage(5, LogLevel.Information, "Error status code '{StatusCode}' with detail '{Detail}' raised.", EventName = "RpcConnectionError")]
    public static partial void CallFailed(ILogger logger, StatusCode statusCode, string detail, Exception? exception);

    [LoggerMessage(6, LogLevel.Debug, "Request with timeout of {Timeout} has exceeded its deadline.", EventName = "DeadlineExceeded")]
    public static partial void DeadlineExceeded(ILogger logger, TimeSpan timeout);

    [LoggerMessage(7, LogLevel.Debug, "Invalid grpc-timeout header value '{Timeout}' has been ignored.", EventName = "InvalidTimeoutIgnored")]
    public static partial void InvalidTimeoutIgnored(ILogger logger, string timeout);

    [LoggerMessage(8, LogLevel.Error, "Ending a call whose deadline has passed failed.", EventName = "DeadlineCancellationError")]
    public static partial void DeadlineEndFailed(ILogger logger, Exception exception);

    [LoggerMessage(9, LogLevel.Error, "The trailers of a call could not be written.", EventName = "TrailersNotWritten")]
    public static partial void TrailersNotWritten(ILogger logger, Exception exception);
}
