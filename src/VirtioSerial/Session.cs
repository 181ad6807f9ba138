using System.IO.Pipelines;
using GuestTune.VirtioSerial.Output;
using GuestTune.VirtioSerial.Protocol;

namespace GuestTune.VirtioSerial;

/// <summary>A reliable byte stream both ways between a host and one run of an agent; what the port itself lacks.</summary>
public sealed class Session : IDuplexPipe, IAsyncDisposable
{
    private readonly ISessionLink _link;
    private readonly Pipe _input;
    private readonly TimeProvider _timeProvider;
    private readonly TaskCompletionSource<SessionEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _sync = new();
    private Dictionary<ulong, TaskCompletionSource>? _pings;
    private int _expectations;

    internal Session(ISessionLink link, PortWriter writer, in SessionParameters parameters, SessionOptions options, TimeProvider timeProvider, string peer)
    {
        _link = link;
        _timeProvider = timeProvider;
        Parameters = parameters;
        PeerName = peer;
        _input = new Pipe(new PipeOptions(
            readerScheduler: options.InputScheduler,
            writerScheduler: options.InputScheduler,
            pauseWriterThreshold: options.InputPauseSizeBytes,
            resumeWriterThreshold: options.InputPauseSizeBytes / 2,
            useSynchronizationContext: false));
        SendOutput = new SessionOutput(writer, link, parameters) { Owner = this };
    }

    /// <summary>Raised when <see cref="IsPeerResponsive"/> changes.</summary>
    public event EventHandler? PeerResponsivenessChanged;

    public SessionId Id => Parameters.Session;

    /// <summary>The run of the agent that this session is with: another start, another id.</summary>
    public SessionId AgentInstanceId => Parameters.Instance;

    /// <summary>The protocol version that both sides agreed on.</summary>
    public int ProtocolVersion => Parameters.Version;

    /// <summary>The device or socket that the session goes over.</summary>
    public string PeerName { get; }

    /// <summary>What the peer sends. It ends when the peer has finished or closed, and fails when the session breaks.</summary>
    public PipeReader Input => _input.Reader;

    /// <summary>What is sent to the peer. A flush writes to the port on the calling thread and completes when the port has taken it all.
    /// Completing it tells the peer that no more will come.</summary>
    public PipeWriter Output => SendOutput;

    /// <summary>Completes when the session is over; it never fails.</summary>
    public Task<SessionEnd> Ended => _ended.Task;

    /// <summary>Why the session ended, in words; empty while it is up.</summary>
    public string EndMessage { get; private set; } = "";

    /// <summary>False while an answer is overdue. A paused or migrating VM is silent too, so this never ends the session.</summary>
    public bool IsPeerResponsive { get; private set; } = true;

    internal SessionParameters Parameters { get; }

    internal SessionOutput SendOutput { get; }

    /// <summary>Ends the session and tells the peer why.</summary>
    public void Abort(ResetReason reason = ResetReason.Aborted) => _ = _link.EndAsync(this, reason, text: null);

    /// <summary>Ends the session and tells the peer why, in words too.</summary>
    public void Abort(ResetReason reason, string text) => _ = _link.EndAsync(this, reason, text);

    /// <summary>The time of a round trip to the peer's session layer; nothing above it takes part.</summary>
    public async ValueTask<TimeSpan> PingAsync(CancellationToken cancellationToken = default)
    {
        // Random, so that an answer cannot be given before the question.
        Span<byte> random = stackalloc byte[sizeof(ulong)];
        KernelRandom.Fill(random);
        var token = BitConverter.ToUInt64(random);
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_sync)
        {
            if (_ended.Task.IsCompleted)
            {
                throw CreateEndedException();
            }

            (_pings ??= []).Add(token, answered);
        }

        try
        {
            var start = _timeProvider.GetTimestamp();
            _link.SendPing(token);
            await answered.Task.WaitAsync(cancellationToken);
            return _timeProvider.GetElapsedTime(start);
        }
        finally
        {
            lock (_sync)
            {
                _pings?.Remove(token);
            }
        }
    }

    /// <summary>Says that the peer owes something although nothing may have been sent for a while, such as the rest of a stream.
    /// Until it is disposed, silence is asked about. Without any, and with every question answered, no timer runs.</summary>
    public IDisposable ExpectAnswer()
    {
        if (Interlocked.Increment(ref _expectations) == 1)
        {
            _link.SetExpecting(true);
        }

        return new Expectation(this);
    }

    /// <summary>Closes the session; the peer is told, as far as the port takes it at once.</summary>
    public ValueTask DisposeAsync() => new(_link.EndAsync(this, ResetReason.Closed, text: null));

    internal void Write(ReadOnlySpan<byte> payload)
    {
        var remaining = payload;
        while (!remaining.IsEmpty)
        {
            var span = _input.Writer.GetSpan();
            var sizeBytes = Math.Min(span.Length, remaining.Length);
            remaining[..sizeBytes].CopyTo(span);
            _input.Writer.Advance(sizeBytes);
            remaining = remaining[sizeBytes..];
        }
    }

    internal ValueTask<FlushResult> FlushInputAsync() => _input.Writer.FlushAsync();

    internal void FinishInput() => _input.Writer.Complete();

    internal void OnPong(ulong token)
    {
        TaskCompletionSource? answered;
        lock (_sync)
        {
            answered = _pings?.GetValueOrDefault(token);
        }

        answered?.TrySetResult();
    }

    /// <summary>The channel has let go of this session: nothing is sent or received any more.</summary>
    internal void OnEnded(SessionEnd end, string message, Exception? cause)
    {
        List<TaskCompletionSource> pings;
        lock (_sync)
        {
            EndMessage = message;
            _ended.TrySetResult(end);
            pings = _pings is null ? [] : [.. _pings.Values];
        }

        foreach (var ping in pings)
        {
            ping.TrySetException(CreateEndedException());
        }

        // A channel that waits for this session's reader must go on.
        _input.Writer.CancelPendingFlush();
        var isOrderly = end is SessionEnd.Closed or SessionEnd.PeerClosed;
        _input.Writer.Complete(isOrderly ? null : new SessionEndedException(end, message, cause));
    }

    internal void SetResponsive(bool isResponsive)
    {
        if (IsPeerResponsive != isResponsive)
        {
            IsPeerResponsive = isResponsive;
            PeerResponsivenessChanged?.Invoke(this, EventArgs.Empty);
        }
    }

    private SessionEndedException CreateEndedException() =>
        new(_ended.Task.IsCompletedSuccessfully ? _ended.Task.Result : SessionEnd.None, $"The session over {PeerName} has ended: {EndMessage}.", null);

    private sealed class Expectation(Session session) : IDisposable
    {
        private Session? _session = session;

        public void Dispose()
        {
            var owner = Interlocked.Exchange(ref _session, null);
            if (owner is not null && Interlocked.Decrement(ref owner._expectations) == 0)
            {
                owner._link.SetExpecting(false);
            }
        }
    }
}
