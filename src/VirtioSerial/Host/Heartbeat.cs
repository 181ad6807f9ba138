namespace GuestTune.VirtioSerial.Host;

/// <summary>Asks a silent peer that owes an answer whether it is alive. Nothing owed, no timer.</summary>
internal sealed class Heartbeat : IDisposable
{
    /// <summary>Each unanswered PING doubles the wait for the next one up to this: they all pile up in front of a paused VM.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(1);

    private readonly SessionOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly Func<bool> _tryPing;
    private readonly Action<bool> _responsivenessChanged;
    private readonly Lock _sync = new();
    private ITimer? _timer;
    private bool _isArmed;
    private bool _isOwed;
    private bool _isExpecting;
    private bool _isResponsive = true;
    private bool _disposed;
    private long _silentSince;
    private TimeSpan _wait;

    public Heartbeat(SessionOptions options, TimeProvider timeProvider, Func<bool> tryPing, Action<bool> responsivenessChanged)
    {
        _options = options;
        _timeProvider = timeProvider;
        _tryPing = tryPing;
        _responsivenessChanged = responsivenessChanged;
        _wait = options.HeartbeatInterval;
    }

    internal bool IsArmed
    {
        get
        {
            lock (_sync)
            {
                return _isArmed;
            }
        }
    }

    /// <summary>Something was sent that may want an answer.</summary>
    public void OnSent()
    {
        lock (_sync)
        {
            if (!_isOwed)
            {
                _isOwed = true;
                BeginSilence();
            }
        }
    }

    /// <summary>Whatever arrives shows that the peer is alive, and counts as the answer.</summary>
    public void OnReceived()
    {
        bool changed;
        lock (_sync)
        {
            _isOwed = false;
            _silentSince = _isExpecting ? _timeProvider.GetTimestamp() : 0;
            changed = !_isResponsive;
            _isResponsive = true;

            // An armed timer is left alone: it finds out that nothing is owed, which is cheaper than a change for each message.
        }

        if (changed)
        {
            _responsivenessChanged(true);
        }
    }

    public void SetExpecting(bool expecting)
    {
        lock (_sync)
        {
            _isExpecting = expecting;
            if (expecting && !_isOwed)
            {
                BeginSilence();
            }
        }
    }

    public void Dispose()
    {
        lock (_sync)
        {
            _disposed = true;
            _timer?.Dispose();
        }
    }

    private void BeginSilence()
    {
        _silentSince = _timeProvider.GetTimestamp();
        _wait = _options.HeartbeatInterval;
        Arm(_wait);
    }

    private void Arm(TimeSpan due)
    {
        if (_isArmed || _disposed)
        {
            return;
        }

        _isArmed = true;
        _timer ??= _timeProvider.CreateTimer(static state => ((Heartbeat)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        bool mustPing;
        var isSilent = false;
        lock (_sync)
        {
            _isArmed = false;
            if (_disposed || !(_isOwed || _isExpecting))
            {
                return;
            }

            var silence = _timeProvider.GetElapsedTime(_silentSince);
            if (silence < _options.HeartbeatInterval)
            {
                _wait = _options.HeartbeatInterval;
                Arm(_options.HeartbeatInterval - silence);
                return;
            }

            mustPing = true;
            if (silence >= _options.UnresponsiveAfter && _isResponsive)
            {
                _isResponsive = false;
                isSilent = true;
            }

            Arm(_wait);
            _wait = _wait + _wait < MaxWait ? _wait + _wait : Max(_options.HeartbeatInterval, MaxWait);
        }

        if (isSilent)
        {
            _responsivenessChanged(false);
        }

        if (mustPing)
        {
            _tryPing();
        }
    }

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
