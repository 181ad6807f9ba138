using Microsoft.Extensions.Logging;

namespace GuestTune.Controller.Serving;

/// <summary>What the daemon logs: its own life, and who changed what.</summary>
internal static partial class AuditLog
{
    [LoggerMessage(EventId = 1, EventName = "Listening", Level = LogLevel.Information, Message = "Listening on {SocketPath}; allowed: root, user {OwnUserId}{Group}")]
    public static partial void Listening(ILogger logger, string socketPath, uint ownUserId, string group);

    [LoggerMessage(EventId = 2, EventName = "Stopping", Level = LogLevel.Information, Message = "Stopping; calls in progress have {Seconds} s to end")]
    public static partial void Stopping(ILogger logger, double seconds);

    [LoggerMessage(EventId = 3, EventName = "Refused", Level = LogLevel.Warning, Message = "Refused {Method} of user {UserId}, process {ProcessId}")]
    public static partial void Refused(ILogger logger, string method, uint userId, int processId);

    [LoggerMessage(EventId = 4, EventName = "Begun", Level = LogLevel.Information, Message = "{Action} {OperationId} on {Target} ({Detail}) for user {UserId}, process {ProcessId}")]
    public static partial void Begun(ILogger logger, string action, string operationId, string target, string detail, uint userId, int processId);

    [LoggerMessage(EventId = 5, EventName = "Ended", Level = LogLevel.Information, Message = "{Action} {OperationId} on {Target} ended: {Outcome}")]
    public static partial void Ended(ILogger logger, string action, string operationId, string target, string outcome);

    [LoggerMessage(EventId = 6, EventName = "Knows", Level = LogLevel.Information, Message = "{VmCount} VMs are known now")]
    public static partial void Knows(ILogger logger, int vmCount);

    [LoggerMessage(EventId = 7, EventName = "SourceProblem", Level = LogLevel.Warning, Message = "{Problem}")]
    public static partial void SourceProblem(ILogger logger, string problem);
}
