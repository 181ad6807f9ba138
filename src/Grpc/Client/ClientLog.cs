using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

/// <summary>What a client logs of its calls.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(1, LogLevel.Debug, "Starting gRPC call. Method type: '{MethodType}', method: '{Method}'.", EventName = "StartingCall")]
    public static partial void Starting(ILogger logger, MethodType methodType, string method);

    [LoggerMessage(2, LogLevel.Information, "Call failed with gRPC error status. Status code: '{StatusCode}', Message: '{StatusMessage}'.", EventName = "GrpcStatusError")]
    public static partial void Failed(ILogger logger, StatusCode statusCode, string statusMessage, Exception? exception);

    [LoggerMessage(3, LogLevel.Error, "Error parsing trailers.", EventName = "ErrorParsingTrailers")]
    public static partial void TrailersNotRead(ILogger logger, Exception exception);
}
