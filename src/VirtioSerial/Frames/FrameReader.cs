using System.Buffers;

namespace GuestTune.VirtioSerial.Frames;

/// <summary>Finds frames in bytes of which any part may be stale, torn or garbage.</summary>
internal sealed class FrameReader : IDisposable
{
    /// <summary>What one read of the guest's driver gives at most, and all that is held while nothing arrives.</summary>
    internal const int SmallBufferSizeBytes = 4096;

    private const int LargeBufferSizeBytes = 64 * 1024;

    private readonly byte[] _small = new byte[SmallBufferSizeBytes];
    private byte[] _buffer;
    private int _start;
    private int _end;
    private bool _disposed;

    public FrameReader() => _buffer = _small;

    /// <summary>The session whose frames are believed; zero for none.</summary>
    public SessionId Session { get; set; }

    /// <summary>The frames that are believed whatever session they name, as bits by type.</summary>
    public uint SessionlessTypes { get; init; }

    public int BufferedSizeBytes => _end - _start;

    internal int HeldSizeBytes => _buffer.Length;

    public static uint Bit(FrameType type) => (int)type < 32 ? 1u << (int)type : 0;

    /// <summary>Room for the next bytes from the port: always at least one byte.</summary>
    public Memory<byte> GetMemory()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_start == _end)
        {
            // The next read may wait for days: only the rest of a frame that has begun is waited for with a large buffer.
            _start = _end = 0;
            Shrink();
        }
        else if (_buffer.Length - _end < SmallBufferSizeBytes)
        {
            Grow();
            if (_start > 0)
            {
                _buffer.AsSpan(_start.._end).CopyTo(_buffer);
                _end -= _start;
                _start = 0;
            }
        }

        return _buffer.AsMemory(_end);
    }

    public void Advance(int sizeBytes) => _end += sizeBytes;

    /// <summary>Forgets everything: nobody will send the rest of it.</summary>
    public void Clear()
    {
        _start = _end = 0;
        Shrink();
    }

    /// <summary>Takes one step. The payload is valid until the next call of <see cref="GetMemory"/>.</summary>
    public FrameReadStatus TryRead(out FrameHeader header, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        header = default;
        var available = _buffer.AsSpan(_start.._end);
        if (!StartsLikeMagic(available))
        {
            _start += FindMagic(available, 1);
            return FrameReadStatus.Garbage;
        }

        if (available.Length < FrameHeader.SizeBytes)
        {
            return FrameReadStatus.NeedMore;
        }

        if (!FrameHeader.TryRead(available, out header))
        {
            _start += FindMagic(available, 1);
            return FrameReadStatus.Garbage;
        }

        if (!IsBelieved(header))
        {
            // The rest of this frame may never come, and another client's first bytes may follow at once.
            _start += FrameHeader.SizeBytes;
            return FrameReadStatus.Foreign;
        }

        if (available.Length < FrameHeader.SizeBytes + header.PayloadSizeBytes)
        {
            return FrameReadStatus.NeedMore;
        }

        payload = available.Slice(FrameHeader.SizeBytes, header.PayloadSizeBytes);
        if (Checksum.Compute(payload) != header.PayloadChecksum)
        {
            // A torn frame is completed by whatever came next, and that may hold whole frames: look at it again.
            payload = default;
            _start += FrameHeader.SizeBytes;
            return FrameReadStatus.CorruptPayload;
        }

        _start += FrameHeader.SizeBytes + header.PayloadSizeBytes;
        return FrameReadStatus.Frame;
    }

    public void Dispose()
    {
        _disposed = true;
        Clear();
    }

    private static bool StartsLikeMagic(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= FrameHeader.Magic.Length ? bytes.StartsWith(FrameHeader.Magic) : FrameHeader.Magic.StartsWith(bytes);

    /// <summary>The first index from <paramref name="from"/> at which a magic starts, or may start once more bytes are there.</summary>
    private static int FindMagic(ReadOnlySpan<byte> bytes, int from)
    {
        var found = bytes[from..].IndexOf(FrameHeader.Magic);
        if (found >= 0)
        {
            return from + found;
        }

        var index = Math.Max(from, bytes.Length - FrameHeader.Magic.Length + 1);
        while (index < bytes.Length && !FrameHeader.Magic.StartsWith(bytes[index..]))
        {
            index++;
        }

        return index;
    }

    private bool IsBelieved(in FrameHeader header)
    {
        if ((SessionlessTypes & Bit(header.Type)) != 0 && header.PayloadSizeBytes <= Frame.MaxAttachPayloadSizeBytes)
        {
            return true;
        }

        return header.Session == Session && !Session.IsZero;
    }

    private void Grow()
    {
        if (_buffer.Length >= LargeBufferSizeBytes)
        {
            return;
        }

        var large = ArrayPool<byte>.Shared.Rent(LargeBufferSizeBytes);
        _buffer.AsSpan(_start.._end).CopyTo(large);
        _end -= _start;
        _start = 0;
        _buffer = large;
    }

    private void Shrink()
    {
        if (_buffer != _small)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = _small;
        }
    }
}
