namespace GuestTune.Testing;

/// <summary>Time in which long waits never end: what takes long on a slow machine is not given up, and what ends has not merely been waited out.</summary>
internal sealed class PatientTime : TimeProvider
{
    private static readonly TimeSpan LongestThatEnds = TimeSpan.FromSeconds(5);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        => new PatientTimer(System.CreateTimer(callback, state, OrNever(dueTime), period));

    private static TimeSpan OrNever(TimeSpan dueTime) => dueTime <= LongestThatEnds ? dueTime : Timeout.InfiniteTimeSpan;

    private sealed class PatientTimer(ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(OrNever(dueTime), period);

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
