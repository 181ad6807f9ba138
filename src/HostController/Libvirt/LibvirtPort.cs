using System.Buffers;
using System.IO.Pipelines;
using GuestTune.Controller.Channel;
using GuestTune.VirtioSerial;

namespace GuestTune.Controller.Libvirt;

/// <summary>
/// A domain's port, as a stream of the libvirt that has it (virDomainOpenChannel). It has a connection of its own: a daemon stops reading from
/// a connection whose streams a guest does not take (virnetserverclient.c, nrequests_max), and one guest must not hold up others.
/// </summary>
internal sealed class LibvirtPort : IPort
{
    private const int LargestMessageBytes = 64 * 1024;

    /// <summary>Far more than HTTP/2 lets an agent send unread. libvirt's client takes in without bound, so it is drained at once, and this is the bound.</summary>
    private const int LargestUnreadBytes = 4 * 1024 * 1024;

    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(1);

    private readonly LibvirtChannel _address;
    private readonly LibvirtConnection _connection;
    private readonly LibvirtStream _stream;
    private readonly Pipe _received = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private readonly Lock _receiving = new();
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<int> _sending = Task.FromResult(0);
    private int _unreadBytes;

    /// <summary>Nothing more is received, and who reads hears of the end.</summary>
    internal bool HasEnded { get; private set; }

    private LibvirtPort(LibvirtChannel address, LibvirtConnection connection)
    {
        _address = address;
        _connection = connection;
        _stream = connection.OpenChannel(address.Domain, DomainXml.PortName);
        connection.WhenClosed(() => End(new IOException($"the connection to libvirt {address.Uri} was lost")));
        _stream.Listen(Receive);
    }

    /// <exception cref="AttachException">libvirt does not let us.</exception>
    public static async ValueTask<LibvirtPort> OpenAsync(LibvirtChannel address, CancellationToken cancellationToken)
    {
        var opening = BlockingThreads.RunAsync(() => Open(address));
        try
        {
            return await opening.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _ = CloseWhenOpenAsync(opening);
            throw;
        }
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var result = await _received.Reader.ReadAsync(cancellationToken);
        ThrowIfDisposed();
        var count = (int)Math.Min(result.Buffer.Length, buffer.Length);
        var taken = result.Buffer.Slice(0, count);
        taken.CopyTo(buffer.Span);
        _received.Reader.AdvanceTo(taken.End);
        Interlocked.Add(ref _unreadBytes, -count);
        return count;
    }

    /// <summary>libvirt's client blocks until its daemon has taken the bytes, so this is done on another thread.</summary>
    public async ValueTask<int> WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        await Task.WhenAny(_sending, _disposed.Task).WaitAsync(cancellationToken);
        ThrowIfDisposed();

        // A copy: it may be read long after the caller has given up.
        var bytes = buffer[..Math.Min(buffer.Length, LargestMessageBytes)].ToArray();
        _sending = BlockingThreads.RunAsync(() => _stream.Send(bytes));
        await Task.WhenAny(_sending, _disposed.Task).WaitAsync(cancellationToken);
        ThrowIfDisposed();
        return await _sending;
    }

    /// <summary>A stream that is open has a peer, as far as the host can tell.</summary>
    public ValueTask WaitForPeerAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_disposed.TrySetResult())
        {
            _received.Reader.CancelPendingRead();
            var closing = BlockingThreads.RunAsync(() =>
            {
                _stream.Dispose();
                _connection.Dispose();
                return true;
            });

            // They are calls to the daemon, which may hang.
            await Task.WhenAny(closing, Task.Delay(CloseLimit));
        }
    }

    public override string ToString() => _address.Name;

    private static LibvirtPort Open(LibvirtChannel address)
    {
        LibvirtConnection? connection = null;
        try
        {
            connection = LibvirtConnection.Open(address.Uri, LibvirtAccess.Write);
            return new LibvirtPort(address, connection);
        }
        catch (LibvirtException e)
        {
            connection?.Dispose();
            throw Describe(address, e);
        }
    }

    private static AttachException Describe(LibvirtChannel address, LibvirtException e) => e.Code switch
    {
        LibvirtErrorCode.SystemError => new AttachException(AttachFailure.Lost, $"libvirt {address.Uri} cannot be reached: {e.Message}", e),
        LibvirtErrorCode.NoDomain => new AttachException(AttachFailure.NotFound, $"libvirt {address.Uri} has no domain '{address.Domain}' any more: {e.Message}", e),
        LibvirtErrorCode.OperationFailed => new AttachException(
            AttachFailure.Held,
            $"another program has the channel of '{address.Domain}' open through libvirt (another guesttune, or virsh): end it, or wait until it lets go ({e.Message})",
            e),
        _ => new AttachException(AttachFailure.NotServed, $"libvirt {address.Uri} does not open the channel of '{address.Domain}': {e.Message}", e),
    };

    private static async Task CloseWhenOpenAsync(Task<LibvirtPort> opening)
    {
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (opening.IsCompletedSuccessfully)
        {
            await opening.Result.DisposeAsync();
        }
    }

    /// <summary>One message: the thread belongs to all ports.</summary>
    private void Receive()
    {
        lock (_receiving)
        {
            if (HasEnded)
            {
                return;
            }

            try
            {
                var count = _stream.Receive(_received.Writer.GetSpan(LargestMessageBytes));
                if (count is > 0 and var some && Interlocked.Add(ref _unreadBytes, some) <= LargestUnreadBytes)
                {
                    _received.Writer.Advance(some);
                    var flushed = _received.Writer.FlushAsync();
                    System.Diagnostics.Debug.Assert(flushed.IsCompleted, "the pipe never pauses its writer");
                }
                else if (count is not null)
                {
                    End(count == 0 ? null : new IOException($"the guest has sent {LargestUnreadBytes} bytes that nobody waited for"));
                }
            }
            catch (LibvirtException e)
            {
                End(new IOException(e.Message, e));
            }
        }
    }

    /// <summary>
    /// A connection that is lost is noticed by whoever uses it first, which may be a thread that sends (virnetclient.c, virNetClientIOEventLoopPassTheBuck) while the
    /// event thread receives; so this is not done in the middle of that. The stream is told outside of the lock, since the event thread has the stream's own when it comes for this one.
    /// </summary>
    private void End(Exception? error)
    {
        lock (_receiving)
        {
            if (HasEnded)
            {
                return;
            }

            _received.Writer.Complete(error);
            HasEnded = true;
        }

        _stream.StopListening();
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed.Task.IsCompleted, this);
}
