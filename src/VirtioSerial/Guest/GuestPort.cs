using System.Runtime.InteropServices;
using GuestTune.VirtioSerial.Guest;
using Microsoft.Win32.SafeHandles;

namespace GuestTune.VirtioSerial;

/// <summary>The guest's end of a port: /dev/virtio-ports/NAME, waited for by edge-triggered epoll on a thread of its own.</summary>
/// <remarks>
/// While no host is attached the device reports EPOLLIN and EPOLLHUP for ever (drivers/char/virtio_console.c, port_fops_poll), so only
/// edges can be waited for. The thread that sees an edge also does the read, and runs what awaits it: one thread takes a
/// request from the device to the session's reader.
/// </remarks>
public sealed class GuestPort : IPort
{
    private const ulong PortEvent = 0;
    private const ulong WakeEvent = 1;
    private const uint ReadInterest = Libc.EPOLLIN | Libc.EPOLLET;
    private const uint FullInterest = ReadInterest | Libc.EPOLLOUT;

    private readonly SafeFileHandle _file;
    private readonly SafeFileHandle _epoll;
    private readonly SafeFileHandle _wake;
    private readonly string _path;
    private readonly Lock _sync = new();
    private readonly PortOperation _read;
    private readonly PortOperation _write;
    private readonly PortOperation _peer;
    private readonly TaskCompletionSource _threadEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _readEdge;
    private bool _writeEdge;
    private bool _waitsForOutput;
    private bool _disposed;
    private long _wakeUps;

    private GuestPort(SafeFileHandle file, string path)
    {
        _file = file;
        _path = path;
        _read = new PortOperation(_sync);
        _write = new PortOperation(_sync);
        _peer = new PortOperation(_sync);
        _epoll = Check(Libc.EpollCreate(Libc.EPOLL_CLOEXEC), "epoll_create1");
        _wake = Check(Libc.EventFd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK), "eventfd");
        if (Libc.EpollControl(_epoll, Libc.EPOLL_CTL_ADD, _wake, Libc.EPOLLIN, WakeEvent) < 0
            || Libc.EpollControl(_epoll, Libc.EPOLL_CTL_ADD, _file, ReadInterest, PortEvent) < 0)
        {
            throw Fail("be waited for (epoll_ctl)", Marshal.GetLastPInvokeError());
        }

        new Thread(Run) { IsBackground = true, Name = "virtio-port" }.Start();
    }

    /// <summary>How often the port's thread has been woken; it stands still while nothing happens.</summary>
    internal long WakeUps => Volatile.Read(ref _wakeUps);

    /// <summary>Opens a port. Only one program can have it open.</summary>
    /// <exception cref="PortException">With what to do about it.</exception>
    public static GuestPort Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var file = Libc.Open(path);
        if (file.IsInvalid)
        {
            var errno = Marshal.GetLastPInvokeError();
            file.Dispose();
            throw new PortException(DescribeOpenError(path, errno), errno);
        }

        return FromHandle(file, path);
    }

    /// <summary>The device of the port with this name: by udev's link, else by what the kernel says of each port. Null if there is none.</summary>
    public static string? Find(string name, string root = "/")
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentException.ThrowIfNullOrEmpty(root);
        if (name.Contains('/', StringComparison.Ordinal) || name is "." or "..")
        {
            throw new ArgumentException($"'{name}' cannot be the name of a port: it must not be a path.", nameof(name));
        }

        var link = Path.Combine(root, "dev/virtio-ports", name);
        if (File.Exists(link))
        {
            return link;
        }

        var ports = Path.Combine(root, "sys/class/virtio-ports");
        if (!Directory.Exists(ports))
        {
            return null;
        }

        foreach (var port in Directory.EnumerateDirectories(ports).Order(StringComparer.Ordinal))
        {
            if (string.Equals(TryReadName(Path.Combine(port, "name")), name, StringComparison.Ordinal))
            {
                return Path.Combine(root, "dev", Path.GetFileName(port));
            }
        }

        return null;
    }

    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        while (true)
        {
            lock (_sync)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                _readEdge = false;
            }

            if (TryRead(buffer.Span, out var sizeBytes, out var exception))
            {
                return exception is null ? ValueTask.FromResult(sizeBytes) : ValueTask.FromException<int>(exception);
            }

            lock (_sync)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (_readEdge)
                {
                    // Something happened between the read and this line, and its edge will not come again.
                    continue;
                }

                _read.Begin(buffer, default, cancellationToken);
            }

            return Wait(_read, cancellationToken);
        }
    }

    public ValueTask<int> WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        while (true)
        {
            lock (_sync)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                _writeEdge = false;
            }

            if (TryWrite(buffer.Span, out var sizeBytes, out var exception))
            {
                return exception is null ? ValueTask.FromResult(sizeBytes) : ValueTask.FromException<int>(exception);
            }

            lock (_sync)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (_writeEdge)
                {
                    continue;
                }

                _write.Begin(default, buffer, cancellationToken);
                WatchOutput();
            }

            return Wait(_write, cancellationToken);
        }
    }

    public ValueTask WaitForPeerAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        short version;
        lock (_sync)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var isAttached = (Libc.Poll(_file, Libc.POLLIN | Libc.POLLOUT) & Libc.POLLHUP) == 0;
            if (_write.IsWaiting || !isAttached)
            {
                // The driver reclaims buffers when it is polled, and their interrupt then wakes nobody: poll again through epoll.
                WatchOutput();
            }

            if (isAttached)
            {
                return ValueTask.CompletedTask;
            }

            _peer.Begin(default, default, cancellationToken);
            version = _peer.Version;
        }

        _peer.WatchCancellation(cancellationToken);
        return new ValueTask(_peer, version);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_sync)
        {
            if (!_disposed)
            {
                _disposed = true;
                Libc.Write(_wake, BitConverter.GetBytes(1UL));
            }
        }

        await _threadEnded.Task;
    }

    public override string ToString() => _path;

    internal static GuestPort FromHandle(SafeFileHandle file, string path)
    {
        try
        {
            return new GuestPort(file, path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static string? TryReadName(string path)
    {
        try
        {
            return File.ReadAllText(path).TrimEnd('\n');
        }
        catch (IOException)
        {
            // The port was unplugged, or it has no name.
            return null;
        }
    }

    private static string DescribeOpenError(string path, int errno) => errno switch
    {
        Libc.ENOENT => $"{path} does not exist: this VM has no such virtio-serial port, or its driver is not loaded",
        Libc.EACCES => $"no permission to open {path}: the agent must run as root",
        Libc.EBUSY or Libc.EMFILE => $"{path} is in use by another program; only one can have it open (fuser {path} names it)",
        Libc.ENXIO or Libc.ENODEV => $"{path} was unplugged, or it is a console and not a port",
        _ => $"cannot open {path}: {Marshal.GetPInvokeErrorMessage(errno)}",
    };

    private static ValueTask<int> Wait(PortOperation operation, CancellationToken cancellationToken)
    {
        var version = operation.Version;
        operation.WatchCancellation(cancellationToken);
        return new ValueTask<int>(operation, version);
    }

    private SafeFileHandle Check(SafeFileHandle handle, string call) =>
        handle.IsInvalid ? throw Fail($"be waited for ({call})", Marshal.GetLastPInvokeError()) : handle;

    private PortException Fail(string what, int errno) => errno switch
    {
        Libc.ENODEV or Libc.ENXIO => new PortException($"{_path} was unplugged", errno),
        _ => new PortException($"{_path} cannot {what}: {Marshal.GetPInvokeErrorMessage(errno)}", errno),
    };

    /// <summary>False if the read would have to wait.</summary>
    private bool TryRead(Span<byte> buffer, out int sizeBytes, out Exception? exception)
    {
        exception = null;
        while (true)
        {
            sizeBytes = Libc.Read(_file, buffer);
            if (sizeBytes >= 0)
            {
                return true;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Libc.EINTR:
                    continue;
                case Libc.EAGAIN:
                    return false;
                case var errno:
                    exception = Fail("be read", errno);
                    return true;
            }
        }
    }

    /// <summary>False if the write would have to wait.</summary>
    private bool TryWrite(ReadOnlySpan<byte> buffer, out int sizeBytes, out Exception? exception)
    {
        exception = null;
        while (true)
        {
            sizeBytes = Libc.Write(_file, buffer);
            if (sizeBytes > 0 || (sizeBytes == 0 && buffer.IsEmpty))
            {
                return true;
            }

            switch (sizeBytes == 0 ? Libc.EAGAIN : Marshal.GetLastPInvokeError())
            {
                case Libc.EINTR:
                    continue;
                case Libc.EAGAIN:
                    return false;
                case var errno:
                    exception = Fail("be written", errno);
                    return true;
            }
        }
    }

    /// <summary>Asks for an event when output is possible; one comes at once if it is already. Under the lock.</summary>
    private void WatchOutput()
    {
        _waitsForOutput = true;
        Libc.EpollControl(_epoll, Libc.EPOLL_CTL_MOD, _file, FullInterest, PortEvent);
    }

    private void Run()
    {
        while (true)
        {
            if (Libc.EpollWait(_epoll, out var events, out var data) <= 0)
            {
                // Only a signal ends a wait without end.
                continue;
            }

            Volatile.Write(ref _wakeUps, _wakeUps + 1);
            if (data == WakeEvent)
            {
                break;
            }

            OnEvents(events);
        }

        Close();
    }

    private void OnEvents(uint events)
    {
        bool mustRead;
        bool mustWrite;
        bool isPeerAwaited;
        lock (_sync)
        {
            _readEdge = _writeEdge = true;
            mustRead = _read.TryClaim();
            mustWrite = _write.TryClaim();
            isPeerAwaited = _peer.TryClaim();
            if (_waitsForOutput && !mustWrite && !isPeerAwaited)
            {
                // Every buffer that the host takes would wake this thread.
                _waitsForOutput = false;
                Libc.EpollControl(_epoll, Libc.EPOLL_CTL_MOD, _file, ReadInterest, PortEvent);
            }
        }

        if (isPeerAwaited)
        {
            OnPeerEvents(events);
        }

        if (mustWrite)
        {
            if (TryWrite(_write.WriteBuffer.Span, out var sizeBytes, out var exception))
            {
                Complete(_write, sizeBytes, exception);
            }
            else
            {
                _write.Unclaim();
            }
        }

        if (mustRead)
        {
            if (TryRead(_read.ReadBuffer.Span, out var sizeBytes, out var exception))
            {
                Complete(_read, sizeBytes, exception);
            }
            else
            {
                _read.Unclaim();
            }
        }
    }

    private void OnPeerEvents(uint events)
    {
        if ((events & Libc.EPOLLHUP) == 0)
        {
            _peer.Complete(0);
        }
        else if (Libc.Read(_file, []) < 0 && Marshal.GetLastPInvokeError() is Libc.ENODEV or Libc.ENXIO)
        {
            // An unplugged port hangs up too, and nobody will ever attach to it.
            _peer.Complete(Fail("be read", Libc.ENODEV));
        }
        else
        {
            _peer.Unclaim();
        }
    }

    private static void Complete(PortOperation operation, int sizeBytes, Exception? exception)
    {
        if (exception is null)
        {
            operation.Complete(sizeBytes);
        }
        else
        {
            operation.Complete(exception);
        }
    }

    private void Close()
    {
        // First, so that whoever is told below can open the port again.
        _file.Dispose();
        _epoll.Dispose();
        _wake.Dispose();
        foreach (var operation in (ReadOnlySpan<PortOperation>)[_read, _write, _peer])
        {
            bool mustComplete;
            lock (_sync)
            {
                mustComplete = operation.TryClaim();
            }

            if (mustComplete)
            {
                operation.Complete(new ObjectDisposedException(_path));
            }
        }

        _threadEnded.TrySetResult();
    }
}
