using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Rebooting;

/// <summary>Checked <see cref="RebootOptions"/>.</summary>
internal sealed record RebootSettings(TimeSpan TimeLimit, Recovery Recovery, TrialWish Trial, string Reason)
{
    /// <summary>Ten minutes: firmware, a file system check, an emulated processor.</summary>
    public const uint DefaultTimeLimitMs = 600_000;
    public const uint LargestTimeLimitMs = 86_400_000;
    public const int LargestReasonLength = 200;

    /// <exception cref="RpcException">INVALID_ARGUMENT: out of range.</exception>
    public static RebootSettings From(RebootOptions? options, string reason)
    {
        var limitMs = options is { TimeLimitMs: > 0 } ? options.TimeLimitMs : DefaultTimeLimitMs;
        if (limitMs > LargestTimeLimitMs)
        {
            throw Invalid($"time_limit_ms is {limitMs}; at most {LargestTimeLimitMs} is allowed");
        }

        var recovery = options?.Recovery ?? Recovery.Unspecified;
        var trial = options?.Trial ?? TrialWish.Unspecified;
        if (!Enum.IsDefined(recovery) || !Enum.IsDefined(trial))
        {
            throw Invalid($"recovery is {(int)recovery} and trial {(int)trial}; one of them has no meaning here");
        }

        return reason.Length <= LargestReasonLength
            ? new RebootSettings(
                TimeSpan.FromMilliseconds(limitMs),
                recovery == Recovery.Unspecified ? Recovery.WithTrial : recovery,
                trial == TrialWish.Unspecified ? TrialWish.WherePossible : trial,
                TerminalText.Escape(reason, LargestReasonLength))
            : throw Invalid($"reason has {reason.Length} characters; at most {LargestReasonLength} are allowed");
    }

    private static RpcException Invalid(string message) => new(new Status(StatusCode.InvalidArgument, message));
}
