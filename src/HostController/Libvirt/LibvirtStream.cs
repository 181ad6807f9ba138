using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GuestTune.Controller.Libvirt;

/// <summary>A stream of a <see cref="LibvirtConnection"/> to a channel of a domain, in both directions. libvirt's own client says on its event thread when there is something to receive.</summary>
internal sealed unsafe class LibvirtStream : IDisposable
{
    // VIR_STREAM_EVENT_*.
    private const int Readable = 1;
    private const int Writable = 2;
    private const int Error = 4;
    private const int HangUp = 8;

    private const int WouldBlock = -2;

    private readonly StreamHandle _handle;
    private readonly Lock _sync = new();
    private readonly ManualResetEventSlim _writable = new();
    private Action? _readable;
    private bool _disposed;

    /// <param name="handle">A stream that is open, and non-blocking.</param>
    public LibvirtStream(StreamHandle handle) => _handle = handle;

    /// <param name="readable">Called on the thread that all streams share, again and again for as long as <see cref="Receive"/> has more to give, and never after <see cref="Dispose"/>.</param>
    /// <exception cref="LibvirtException">The stream has broken.</exception>
    public void Listen(Action readable)
    {
        _readable = readable;
        var self = (void*)GCHandle.ToIntPtr(GCHandle.Alloc(this));
        LibvirtCall.Checked(LibvirtNative.virStreamEventAddCallback(_handle, Readable | Error | HangUp, &OnEvent, self, &LibvirtNative.FreeUserData));
    }

    /// <summary>Calls no more for what there is to receive.</summary>
    public void StopListening()
    {
        lock (_sync)
        {
            if (!_disposed)
            {
                _ = LibvirtNative.virStreamEventUpdateCallback(_handle, 0);
            }
        }
    }

    /// <returns>How many bytes there were; 0 at the end; null where there are none yet.</returns>
    /// <exception cref="LibvirtException">The stream has broken.</exception>
    public int? Receive(Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            var count = LibvirtNative.virStreamRecv(_handle, bytes, (nuint)buffer.Length);
            return count == WouldBlock ? null : LibvirtCall.Checked(count);
        }
    }

    /// <summary>Blocks until something was taken: for as long as the daemon reads nothing more from this connection.</summary>
    /// <returns>How many bytes.</returns>
    /// <exception cref="LibvirtException">The stream has broken.</exception>
    public int Send(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                _writable.Reset();
                ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
                var count = LibvirtNative.virStreamSend(_handle, bytes, (nuint)buffer.Length);
                if (count != WouldBlock)
                {
                    return LibvirtCall.Checked(count);
                }

                // Only drivers that work in this process say so.
                LibvirtCall.Checked(LibvirtNative.virStreamEventUpdateCallback(_handle, Readable | Writable | Error | HangUp));
                _writable.Wait();
            }
        }
    }

    /// <summary>Ends the stream, and whoever waits for it. A call to the daemon: blocks where that hangs.</summary>
    public void Dispose()
    {
        lock (_sync)
        {
            _disposed = true;
        }

        _writable.Set();
        _ = LibvirtNative.virStreamEventRemoveCallback(_handle);
        _ = LibvirtNative.virStreamAbort(_handle);
        _handle.Dispose();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnEvent(void* stream, int events, void* self) => ((LibvirtStream)GCHandle.FromIntPtr((nint)self).Target!).OnEvent(events);

    private void OnEvent(int events)
    {
        lock (_sync)
        {
            // An event that was on its way when the callback was removed comes all the same.
            if (_disposed)
            {
                return;
            }

            if ((events & Writable) != 0)
            {
                _ = LibvirtNative.virStreamEventUpdateCallback(_handle, Readable | Error | HangUp);
                _writable.Set();
            }

            if ((events & ~Writable) != 0)
            {
                _readable!();
            }
        }
    }
}
