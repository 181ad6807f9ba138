namespace GuestTune.Agent.Tests.QemuGa;

/// <summary>Time in which every wait is over at once, and each look at the clock costs a second.</summary>
internal sealed class HastyTime : TimeProvider
{
    private long _now;

    /// <summary>What happens during a wait.</summary>
    public Action Waited { get; set; } = () => { };

    public override long TimestampFrequency => 1;

    public override long GetTimestamp() => Interlocked.Increment(ref _now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Waited();
        return System.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
