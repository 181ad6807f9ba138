using Microsoft.Extensions.Logging;

namespace GuestTune.Agent.Policy;

/// <summary>What the log says about agent.conf.</summary>
internal static partial class PolicyLog
{
    [LoggerMessage(1, LogLevel.Error, "{Problem}", EventName = "PolicyBroken")]
    public static partial void PolicyBroken(this ILogger logger, string problem);

    [LoggerMessage(2, LogLevel.Information, "Policy of {Path} read; refused: {Refused}", EventName = "PolicyLoaded")]
    public static partial void PolicyLoaded(this ILogger logger, string path, string refused);
}
