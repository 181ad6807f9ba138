namespace GuestTune.Controller.Libvirt;

/// <summary>
/// One libvirt, connected when it is first asked and again when its daemon was restarted. Questions run on threads of their own,
/// since libvirt's calls block: where a daemon hangs the thread is left behind until libvirt gives up, the caller is not.
/// </summary>
internal sealed class LibvirtClient(string uri, LibvirtAccess access, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan UsualLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(1);

    /// <summary>A daemon that is restarted is waited for as long as that.</summary>
    private static readonly TimeSpan RestartTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private Task<LibvirtConnection>? _connection;

    public string Uri => uri;

    /// <param name="question">May ask as much as belongs together.</param>
    /// <param name="limit">30 s where it is not given.</param>
    /// <exception cref="LibvirtException">libvirt refused, is not installed, cannot be connected to, gave no answer in time, or went away in the middle.</exception>
    public Task<T> AskAsync<T>(Func<LibvirtConnection, T> question, CancellationToken cancellationToken, TimeSpan? limit = null) =>
        WithinAsync(connection => Ask(connection, question), limit, cancellationToken);

    /// <summary>Lets work go on over a restart of the daemon: each of its questions is an <see cref="Ask{T}(Func{LibvirtConnection, T})"/> of its own.</summary>
    /// <param name="limit">30 s where it is not given.</param>
    /// <exception cref="LibvirtException">As from <see cref="AskAsync"/>.</exception>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken, TimeSpan? limit = null) => WithinAsync(_ => work(), limit, cancellationToken);

    /// <summary>For work that has a thread of its own. A daemon that went away is waited for.</summary>
    /// <exception cref="LibvirtException">As from <see cref="AskAsync"/>.</exception>
    public T Ask<T>(Func<LibvirtConnection, T> question)
    {
        LibvirtConnection connection;
        try
        {
            connection = ConnectedAsync().WaitAsync(UsualLimit, time).GetAwaiter().GetResult();
        }
        catch (TimeoutException e)
        {
            throw Unanswered(UsualLimit, e);
        }
        catch (LibvirtException e)
        {
            throw new LibvirtException(e.Code, e.Domain, e.Message) { IsUnanswered = true, LacksCredentials = e.LacksCredentials };
        }

        return Ask(connection, question);
    }

    public Task DoAsync(Action<LibvirtConnection> work, CancellationToken cancellationToken, TimeSpan? limit = null) =>
        AskAsync(
            connection =>
            {
                work(connection);
                return true;
            },
            cancellationToken,
            limit);

    public async ValueTask DisposeAsync()
    {
        Task<LibvirtConnection>? connection;
        lock (_lock)
        {
            connection = _connection;
            _connection = null;
        }

        // Closing is a call to the daemon, too.
        if (connection is not null)
        {
            var closing = connection.ContinueWith(c => c.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.LongRunning, TaskScheduler.Default);
            await Task.WhenAny(closing, Task.Delay(CloseLimit, time));
        }
    }

    private async Task<T> WithinAsync<T>(Func<LibvirtConnection, T> work, TimeSpan? limit, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(limit ?? UsualLimit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            var connection = await ConnectedAsync().WaitAsync(linked.Token);
            return await BlockingThreads.RunAsync(() => work(connection)).WaitAsync(linked.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unanswered(limit ?? UsualLimit, e);
        }
        catch (EntryPointNotFoundException e)
        {
            throw new LibvirtException($"the installed libvirt.so.0 is too old: {e.Message}", e);
        }
    }

    private static LibvirtException Unanswered(TimeSpan limit, Exception e) =>
        new($"it gave no answer within {limit.TotalSeconds:0.#} s; is its daemon hanging?", e) { IsUnanswered = true };

    private static T Ask<T>(LibvirtConnection connection, Func<LibvirtConnection, T> question)
    {
        try
        {
            return question(connection);
        }
        catch (Exception e) when (e is LibvirtException or ObjectDisposedException && !connection.IsAlive)
        {
            // Another question has found that it was lost, and disposed of it, or the client is.
            var (code, domain) = e is LibvirtException refusal ? (refusal.Code, refusal.Domain) : (LibvirtErrorCode.None, 0);
            throw new LibvirtException(code, domain, $"the connection was lost before it answered, so whether it did what it was asked is not known ({e.Message})")
            {
                IsConnectionLost = true,
            };
        }
    }

    // All who come while it is being opened wait for the same thread, or a daemon that hangs would gather one for each.
    private Task<LibvirtConnection> ConnectedAsync()
    {
        lock (_lock)
        {
            if (_connection is { IsCompleted: false } or { IsCompletedSuccessfully: true, Result.IsAlive: true })
            {
                return _connection;
            }

            var lost = _connection is { IsCompletedSuccessfully: true } old ? old.Result : null;
            lost?.Dispose();
            return _connection = OpenAsync(wasConnected: lost is not null);
        }
    }

    private async Task<LibvirtConnection> OpenAsync(bool wasConnected)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await BlockingThreads.RunAsync(() => LibvirtConnection.Open(uri, access));
            }
            catch (LibvirtException e) when (e.Code == LibvirtErrorCode.SystemError && wasConnected && time.GetElapsedTime(began) < RestartTime)
            {
                await Task.Delay(RetryDelay, time);
            }
        }
    }
}
