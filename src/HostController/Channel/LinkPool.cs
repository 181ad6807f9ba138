namespace GuestTune.Controller.Channel;

/// <summary>
/// Keeps one link per port, shared by all calls to that VM, and closes it when nobody has used it for a while: the port
/// then is free for other controllers, and the agent sleeps.
/// </summary>
internal sealed class LinkPool : IAsyncDisposable
{
    private readonly AgentLinkOptions _options;
    private readonly AttachSession _attach;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<ChannelAddress, Entry> _links = [];
    private bool _disposed;

    public LinkPool(AgentLinkOptions options, AttachSession attach, TimeProvider time)
    {
        if (options.Validate() is { Count: > 0 } mistakes)
        {
            throw new ArgumentException(string.Join("; ", mistakes), nameof(options));
        }

        _options = options;
        _attach = attach;
        _time = time;
    }

    /// <summary>How many links are open, idle ones included.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _links.Count;
            }
        }
    }

    public LinkLease Acquire(ChannelAddress address)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_links.TryGetValue(address, out var entry))
            {
                entry = new Entry(new AgentLink(address, _options, _attach, _time));
                _links.Add(address, entry);
            }

            entry.Users++;
            entry.IdleTimer?.Dispose();
            entry.IdleTimer = null;
            return new LinkLease(entry.Link, () => ReleaseAsync(address, entry));
        }
    }

    public async ValueTask DisposeAsync()
    {
        Entry[] entries;
        lock (_lock)
        {
            _disposed = true;
            entries = [.. _links.Values];
            _links.Clear();
        }

        foreach (var entry in entries)
        {
            entry.IdleTimer?.Dispose();
            await entry.Link.DisposeAsync();
        }
    }

    private async ValueTask ReleaseAsync(ChannelAddress address, Entry entry)
    {
        lock (_lock)
        {
            if (--entry.Users > 0 || _disposed)
            {
                return;
            }

            if (_options.IdleTime > TimeSpan.Zero)
            {
                entry.IdleTimer = _time.CreateTimer(_ => _ = CloseIdleAsync(address, entry), null, _options.IdleTime, Timeout.InfiniteTimeSpan);
                return;
            }

            _links.Remove(address);
        }

        await entry.Link.DisposeAsync();
    }

    private async Task CloseIdleAsync(ChannelAddress address, Entry entry)
    {
        lock (_lock)
        {
            // Somebody may have taken it between the timer's tick and this lock, and even have given it back.
            if (entry.Users > 0 || entry.IdleTimer is null || _disposed || !_links.Remove(address))
            {
                return;
            }

            entry.IdleTimer.Dispose();
        }

        await entry.Link.DisposeAsync();
    }

    private sealed class Entry(AgentLink link)
    {
        public AgentLink Link { get; } = link;

        public int Users { get; set; }

        public ITimer? IdleTimer { get; set; }
    }
}
