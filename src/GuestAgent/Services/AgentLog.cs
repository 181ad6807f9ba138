using GuestTune.Practices;
using Microsoft.Extensions.Logging;

namespace GuestTune.Agent.Services;

/// <summary>What the log says about what hosts asked for.</summary>
internal static partial class AgentLog
{
    [LoggerMessage(11, LogLevel.Information, "{Kind} {OperationId} of {Practice}: {State} (repeated: {Repeated}) in {DurationMs:F1} ms", EventName = "OperationEnded")]
    public static partial void OperationEnded(
        this ILogger logger, string operationId, OperationKind kind, string practice, OperationState state, bool repeated, double durationMs);

    [LoggerMessage(12, LogLevel.Warning, "Operation {OperationId} failed: {Error}", EventName = "OperationFailed")]
    public static partial void OperationFailed(this ILogger logger, string operationId, string error);

    [LoggerMessage(13, LogLevel.Warning, "{Rpc} refused ({Error}): {Reason}", EventName = "OperationRefused")]
    public static partial void OperationRefused(this ILogger logger, string rpc, PracticeError error, string reason);
}
