namespace GuestTune.HostController.Tests.Fakes;

/// <summary>
/// A clock on which waiting takes no longer than a call to it, and nothing else takes time: no limit passes because the machine is busy, only because
/// somebody waits (Task.Delay) or the test says so.
/// </summary>
internal sealed class CallClock : TimeProvider
{
    // gRPC holds deadlines against the real clock as well, where those of this one must never come.
    private readonly DateTimeOffset _began = System.GetUtcNow().AddDays(1);
    private readonly Lock _lock = new();
    private readonly List<Limit> _limits = [];
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>No two moments are the same.</summary>
    public override long GetTimestamp() => Interlocked.Increment(ref _ticks);

    public override DateTimeOffset GetUtcNow() => _began.AddTicks(Interlocked.Read(ref _ticks));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var limit = new Limit(this, callback, state);
        if (state is Task)
        {
            Advance(dueTime);
            limit.Fire();
        }
        else
        {
            limit.Change(dueTime, period);
        }

        return limit;
    }

    public void Advance(TimeSpan time)
    {
        lock (_lock)
        {
            var now = Interlocked.Add(ref _ticks, time.Ticks);
            foreach (var limit in _limits.Where(l => l.Due <= now).ToArray())
            {
                _limits.Remove(limit);
                limit.Fire();
            }
        }
    }

    /// <summary>Lets the time go on to where the next limit is over.</summary>
    public void Expire()
    {
        lock (_lock)
        {
            Advance(TimeSpan.FromTicks(_limits.Min(l => l.Due) - Interlocked.Read(ref _ticks)));
        }
    }

    private sealed class Limit(CallClock clock, TimerCallback callback, object? state) : ITimer
    {
        public long Due { get; private set; }

        /// <summary>As of the real clock: on a thread of its own.</summary>
        public void Fire() => ThreadPool.QueueUserWorkItem(_ => callback(state));

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock)
            {
                clock._limits.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = clock._ticks + dueTime.Ticks;
                    clock._limits.Add(this);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
