namespace Grpc.AspNetCore.Server;

/// <summary>Ends a call when its timeout has passed, unless the call ends first: exactly one of the two writes the trailers.</summary>
internal sealed class ServerDeadline : IAsyncDisposable
{
    // Timers and clocks disagree by some milliseconds; ending late is right, ending early is not.
    private static readonly TimeSpan TimerSlack = TimeSpan.FromMilliseconds(7);

    // A timer takes no more than 49 days.
    private static readonly TimeSpan MaxTimerPeriod = TimeSpan.FromDays(40);

    private readonly HttpServerCallContext _call;
    private readonly TimeSpan _timeout;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _cancellation = new();
    private CancellationTokenRegistration _requestAborted;
    private ITimer? _timer;
    private Task? _ending;
    private bool _hasCallEnded;

    private ServerDeadline(HttpServerCallContext call, TimeSpan timeout)
    {
        _call = call;
        _timeout = timeout;
        Deadline = TimeProvider.System.GetUtcNow().UtcDateTime + timeout;
        Token = _cancellation.Token;
    }

    public DateTime Deadline { get; }

    /// <summary>Cancelled by the deadline, after the trailers were sent, and when the client goes away.</summary>
    public CancellationToken Token { get; }

    public static ServerDeadline Start(HttpServerCallContext call, TimeSpan timeout)
    {
        var deadline = new ServerDeadline(call, timeout);
        deadline._requestAborted = call.HttpContext.RequestAborted.UnsafeRegister(
            static state => ((ServerDeadline)state!).OnRequestAborted(), deadline);
        deadline._timer = CreateTimer(deadline);
        return deadline;
    }

    /// <summary>The call has ended by itself; false when the deadline was first.</summary>
    public bool TryEndCall()
    {
        lock (_lock)
        {
            _hasCallEnded = true;
            return _ending is null;
        }
    }

    public void WriteExclusively<TState>(TState state, Action<TState> write)
    {
        lock (_lock)
        {
            if (_ending is not null)
            {
                throw new OperationCanceledException("The deadline of the call has passed.", Token);
            }

            write(state);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _requestAborted.Dispose();
        if (_timer is not null)
        {
            await _timer.DisposeAsync();
        }

        if (_ending is not null)
        {
            await _ending;
        }

        _cancellation.Dispose();
    }

    private static ITimer CreateTimer(ServerDeadline deadline)
    {
        // The timer outlives no call, so it needs no execution context.
        using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
        {
            return TimeProvider.System.CreateTimer(
                static state => ((ServerDeadline)state!).OnTimer(), deadline, TimeUntilDue(deadline._timeout), Timeout.InfiniteTimeSpan);
        }
    }

    private static TimeSpan TimeUntilDue(TimeSpan remaining) => remaining + TimerSlack < MaxTimerPeriod ? remaining + TimerSlack : MaxTimerPeriod;

    private void OnTimer()
    {
        lock (_lock)
        {
            if (_hasCallEnded || _ending is not null)
            {
                return;
            }

            var remaining = Deadline - TimeProvider.System.GetUtcNow().UtcDateTime;
            if (remaining > TimeSpan.Zero)
            {
                _timer?.Change(TimeUntilDue(remaining), Timeout.InfiniteTimeSpan);
                return;
            }

            _ending = EndAsync();
        }
    }

    private void OnRequestAborted()
    {
        lock (_lock)
        {
            _hasCallEnded = true;
        }

        Cancel();
    }

    private async Task EndAsync()
    {
        // Off the lock, which the timer's thread still holds.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await _call.EndByDeadlineAsync(_timeout);
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            ServerLog.DeadlineEndFailed(_call.Logger, exception);
        }

        Cancel();
    }

    private void Cancel()
    {
        try
        {
            _cancellation.Cancel();
        }
        catch (AggregateException exception)
        {
            // Thrown by callbacks of the handler; the call has ended all the same.
            ServerLog.DeadlineEndFailed(_call.Logger, exception);
        }
        catch (ObjectDisposedException)
        {
            // The call ended meanwhile.
        }
    }
}
