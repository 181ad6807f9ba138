namespace GuestTune.FakePort;

/// <summary>A virtio-serial port with a UNIX socket behind it, as QEMU and the Linux driver make it: one client at a time with a backlog,
/// host-to-guest bytes that outlive the client which sent them, guest-to-host bytes that do not, and no sign of a quick reconnect.</summary>
/// <remarks>Every operation is synchronous and takes no time, so that a test decides on every interleaving. <see cref="FakeGuestPort"/> and
/// <see cref="FakeClientPort"/> wait on top of it.</remarks>
public sealed class FakeVirtioPort
{
    private readonly FakePortLimits _limits;
    private readonly ByteQueue _toGuest;
    private readonly Queue<int> _toGuestBuffers = new();
    private readonly ByteQueue _toHost;
    private readonly Queue<FakeClient> _backlog = new();
    private FakeClient? _client;
    private FakeGuestFile? _opener;
    private TaskCompletionSource? _changed;

    public FakeVirtioPort(FakePortLimits? limits = null)
    {
        _limits = limits ?? new FakePortLimits();
        _toGuest = new ByteQueue(int.MaxValue);
        _toHost = new ByteQueue(_limits.OutputSizeBytes);
    }

    /// <summary>Whether QEMU moves bytes as soon as it can. A test that turns this off calls <see cref="MoveToGuest"/> and
    /// <see cref="MoveToHost"/> itself.</summary>
    public bool MovesBytes { get; set; } = true;

    /// <summary>Given how many bytes a write could take, how many it does take; at least 1.</summary>
    public Func<int, int> ShortenWrite { get; set; } = static sizeBytes => sizeBytes;

    /// <summary>Whether a client is attached, as the guest's driver knows it.</summary>
    public bool IsHostConnected
    {
        get
        {
            lock (Sync)
            {
                return _client is not null;
            }
        }
    }

    public bool IsGuestOpen
    {
        get
        {
            lock (Sync)
            {
                return _opener is not null;
            }
        }
    }

    /// <summary>Bytes that the guest has yet to read.</summary>
    public int BytesToGuest
    {
        get
        {
            lock (Sync)
            {
                return _toGuest.Count;
            }
        }
    }

    internal FakePortLimits Limits => _limits;

    internal Lock Sync { get; } = new();

    /// <summary>Connects as connect(2) on a non-blocking socket does; null is EAGAIN, the backlog being full.</summary>
    public FakeClient? TryConnect()
    {
        lock (Sync)
        {
            if (_client is not null && _backlog.Count >= _limits.Backlog)
            {
                return null;
            }

            var client = new FakeClient(this, _limits.SocketSizeBytes);
            if (_client is null)
            {
                _client = client;
            }
            else
            {
                _backlog.Enqueue(client);
            }

            OnChanged();
            return client;
        }
    }

    /// <summary>Opens the device; null is EBUSY.</summary>
    public FakeGuestFile? TryOpen()
    {
        lock (Sync)
        {
            if (_opener is not null)
            {
                return null;
            }

            _opener = new FakeGuestFile(this);
            OnChanged();
            return _opener;
        }
    }

    /// <summary>QEMU reads the client's socket into the guest's queue, as long as the guest has the device open and there is room.</summary>
    public int MoveToGuest(int maxBytes)
    {
        lock (Sync)
        {
            var moved = 0;
            while (_client is not null && _opener is not null && moved < maxBytes
                && _client.ToGuest.Count > 0 && _toGuestBuffers.Count < _limits.ReadBuffers)
            {
                var count = _client.ToGuest.MoveTo(_toGuest, Math.Min(_limits.ReadSizeBytes, maxBytes - moved));
                _toGuestBuffers.Enqueue(count);
                moved += count;
            }

            if (moved > 0)
            {
                SignalChange();
            }

            return moved;
        }
    }

    /// <summary>QEMU writes what the guest has queued to the client's socket, as far as that takes it.</summary>
    public int MoveToHost(int maxBytes)
    {
        lock (Sync)
        {
            var moved = _client is null ? 0 : _toHost.MoveTo(_client.ToHost, maxBytes);
            if (moved > 0)
            {
                SignalChange();
            }

            return moved;
        }
    }

    /// <summary>Changes a byte on its way: the one at <paramref name="index"/> modulo what is under way in that direction or, with a pattern,
    /// the one at <paramref name="offset"/> behind the next place from there where the pattern is.</summary>
    public bool Flip(bool toGuest, int index, byte mask, ReadOnlySpan<byte> pattern = default, int offset = 0)
    {
        lock (Sync)
        {
            var first = toGuest ? _toGuest : _client?.ToHost;
            var second = toGuest ? _client?.ToGuest : _toHost;
            var firstCount = first?.Count ?? 0;
            var total = firstCount + (second?.Count ?? 0);
            if (total == 0)
            {
                return false;
            }

            index %= total;
            var queue = index < firstCount ? first! : second!;
            index -= index < firstCount ? 0 : firstCount;
            if (!pattern.IsEmpty)
            {
                index = queue.IndexOf(pattern, index);
                index = index < 0 ? queue.IndexOf(pattern, 0) : index;
                if (index < 0 || index + offset >= queue.Count)
                {
                    return false;
                }

                index += offset;
            }

            queue.Flip(index, mask);
            return true;
        }
    }

    /// <summary>Completes at the next change of anything.</summary>
    internal Task WaitForChange()
    {
        _changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _changed.Task;
    }

    internal int Write(FakeClient client, ReadOnlySpan<byte> bytes)
    {
        lock (Sync)
        {
            var count = Shorten(Math.Min(bytes.Length, client.ToGuest.Free));
            client.ToGuest.Enqueue(bytes[..count]);
            OnChanged();
            return count == 0 ? -1 : count;
        }
    }

    internal int Read(FakeClient client, Span<byte> bytes)
    {
        lock (Sync)
        {
            var count = client.ToHost.Dequeue(bytes);
            OnChanged();
            return count == 0 ? -1 : count;
        }
    }

    internal void Close(FakeClient client)
    {
        lock (Sync)
        {
            client.ToGuest.Clear();
            client.ToHost.Clear();
            if (_client == client)
            {
                // hw/char/virtio-serial-bus.c, virtio_serial_close: what the guest had queued is discarded. What it has received is not.
                _toHost.Clear();
                _backlog.TryDequeue(out _client);
            }
            else
            {
                var others = _backlog.Where(other => other != client).ToArray();
                _backlog.Clear();
                foreach (var other in others)
                {
                    _backlog.Enqueue(other);
                }
            }

            OnChanged();
        }
    }

    internal int Write(FakeGuestFile file, ReadOnlySpan<byte> bytes)
    {
        lock (Sync)
        {
            ThrowIfClosed(file);
            if (_client is null)
            {
                return -1;
            }

            var count = Shorten(Math.Min(Math.Min(bytes.Length, _limits.WriteSizeBytes), _toHost.Free));
            _toHost.Enqueue(bytes[..count]);
            OnChanged();
            return count == 0 ? -1 : count;
        }
    }

    internal int Read(FakeGuestFile file, Span<byte> bytes)
    {
        lock (Sync)
        {
            ThrowIfClosed(file);
            if (!_toGuestBuffers.TryDequeue(out var available))
            {
                return _client is null ? 0 : -1;
            }

            // drivers/char/virtio_console.c, fill_readbuf: one buffer at a time.
            var count = _toGuest.Dequeue(bytes[..Math.Min(bytes.Length, available)]);
            if (count < available)
            {
                PutBack(available - count);
            }

            OnChanged();
            return count;
        }
    }

    internal void Close(FakeGuestFile file)
    {
        lock (Sync)
        {
            if (_opener == file)
            {
                // drivers/char/virtio_console.c, port_fops_release, discard_port_data.
                _toGuest.Clear();
                _toGuestBuffers.Clear();
                _opener = null;
                OnChanged();
            }
        }
    }

    internal bool IsOpen(FakeGuestFile file)
    {
        lock (Sync)
        {
            return _opener == file;
        }
    }

    private void PutBack(int count)
    {
        var rest = _toGuestBuffers.ToArray();
        _toGuestBuffers.Clear();
        _toGuestBuffers.Enqueue(count);
        foreach (var buffer in rest)
        {
            _toGuestBuffers.Enqueue(buffer);
        }
    }

    private int Shorten(int possible) => possible == 0 ? 0 : Math.Clamp(ShortenWrite(possible), 1, possible);

    private void ThrowIfClosed(FakeGuestFile file) => ObjectDisposedException.ThrowIf(_opener != file, file);

    private void OnChanged()
    {
        if (MovesBytes)
        {
            MoveToGuest(int.MaxValue);
            MoveToHost(int.MaxValue);
        }

        SignalChange();
    }

    private void SignalChange()
    {
        var changed = _changed;
        _changed = null;
        changed?.TrySetResult();
    }
}
