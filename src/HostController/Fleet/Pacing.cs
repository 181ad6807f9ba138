using Grpc.Core;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Fleet;

/// <summary>A checked <see cref="Pace"/>.</summary>
/// <param name="AttachLimit">At most the time limit.</param>
internal sealed record Pacing(int MaxParallel, TimeSpan TimeLimit, TimeSpan AttachLimit)
{
    public const uint DefaultMaxParallel = 32;
    public const uint DefaultTimeoutMs = 10_000;
    public const uint LargestMaxParallel = 1024;
    public const uint LargestTimeoutMs = 3_600_000;

    /// <exception cref="RpcException">INVALID_ARGUMENT: out of range.</exception>
    public static Pacing From(Pace? pace)
    {
        var parallel = pace is { MaxParallel: > 0 } ? pace.MaxParallel : DefaultMaxParallel;
        var timeoutMs = pace is { TimeoutMs: > 0 } ? pace.TimeoutMs : DefaultTimeoutMs;
        var attachMs = pace is { AttachTimeoutMs: > 0 } ? pace.AttachTimeoutMs : timeoutMs;
        if (parallel > LargestMaxParallel || timeoutMs > LargestTimeoutMs)
        {
            throw new RpcException(new Status(
                StatusCode.InvalidArgument,
                $"max_parallel is {parallel} and timeout_ms {timeoutMs}; at most {LargestMaxParallel} and {LargestTimeoutMs} are allowed"));
        }

        return new Pacing((int)parallel, TimeSpan.FromMilliseconds(timeoutMs), TimeSpan.FromMilliseconds(Math.Min(attachMs, timeoutMs)));
    }
}
