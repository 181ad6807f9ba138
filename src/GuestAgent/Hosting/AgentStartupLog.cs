using GuestTune.Agent.BootLoader;
using Microsoft.Extensions.Logging;

namespace GuestTune.Agent.Hosting;

/// <summary>What the log says at the start.</summary>
internal static partial class AgentStartupLog
{
    [LoggerMessage(21, LogLevel.Error, "The journal cannot be used, so nothing can be changed: {Problem}", EventName = "JournalUnusable")]
    public static partial void JournalUnusable(this ILogger logger, string problem);

    [LoggerMessage(22, LogLevel.Warning, "{Path}: {SizeBytes} bytes of a torn record were cut off and kept beside it as journal.torn", EventName = "JournalCut")]
    public static partial void JournalCut(this ILogger logger, string path, int sizeBytes);

    [LoggerMessage(23, LogLevel.Warning, "Operation {OperationId} of {Practice} was cut off before its end; call it again with the same id, or undo it", EventName = "OperationCutOff")]
    public static partial void OperationCutOff(this ILogger logger, string operationId, string practice);

    [LoggerMessage(24, LogLevel.Information, "Applied at boot from {Path}: {Line}", EventName = "BootValue")]
    public static partial void BootValue(this ILogger logger, string path, string line);

    [LoggerMessage(25, LogLevel.Warning, "A change of the boot loader's configuration was cut off: {File}", EventName = "BootLoaderRecovered")]
    public static partial void BootLoaderRecovered(this ILogger logger, PutBackFile file);

    [LoggerMessage(26, LogLevel.Error, "A change of the boot loader's configuration was cut off, and cannot be put back: {Problem}", EventName = "BootLoaderNotRecovered")]
    public static partial void BootLoaderNotRecovered(this ILogger logger, string problem);
}
