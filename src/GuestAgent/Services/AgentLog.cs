using GuestTune.Practices;
using Microsoft.Extensions.Logging;

namespace GuestTune.Agent.Services;

/// <summary>What the log says about what hosts asked for.</summary>
internal static partial class AgentLog
{
    /// <summary>
    /// Two strings, as other messages have: logging is generic over its arguments, and a shape of its own would be compiled in the
    /// middle of the first operation.
    /// </summary>
    [LoggerMessage(11, LogLevel.Information, "Operation {OperationId}: {Outcome}", EventName = "OperationEnded")]
    public static partial void OperationEnded(this ILogger logger, string operationId, string outcome);

    [LoggerMessage(12, LogLevel.Warning, "Operation {OperationId} failed: {Error}", EventName = "OperationFailed")]
    public static partial void OperationFailed(this ILogger logger, string operationId, string error);

    [LoggerMessage(13, LogLevel.Warning, "{Rpc} refused ({Error}): {Reason}", EventName = "OperationRefused")]
    public static partial void OperationRefused(this ILogger logger, string rpc, PracticeError error, string reason);
}
