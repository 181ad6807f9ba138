namespace GuestTune.FakePort;

/// <summary>Bytes in order, with a bound; what a socket buffer or a virtqueue holds.</summary>
internal sealed class ByteQueue(int capacityBytes)
{
    private byte[] _bytes = [];
    private int _start;

    public int Count { get; private set; }

    public int Free => capacityBytes - Count;

    public int Enqueue(ReadOnlySpan<byte> source)
    {
        var count = Math.Min(source.Length, Free);
        if (_start + Count + count > _bytes.Length)
        {
            var target = Count + count <= _bytes.Length ? _bytes : new byte[Math.Max(256, (Count + count) * 2)];
            _bytes.AsSpan(_start, Count).CopyTo(target);
            _bytes = target;
            _start = 0;
        }

        source[..count].CopyTo(_bytes.AsSpan(_start + Count));
        Count += count;
        return count;
    }

    public int Dequeue(Span<byte> destination)
    {
        var count = Math.Min(destination.Length, Count);
        _bytes.AsSpan(_start, count).CopyTo(destination);
        Skip(count);
        return count;
    }

    public int MoveTo(ByteQueue other, int maxBytes)
    {
        var count = other.Enqueue(_bytes.AsSpan(_start, Math.Min(maxBytes, Count)));
        Skip(count);
        return count;
    }

    public void Clear() => _start = Count = 0;

    /// <summary>The first place at or behind <paramref name="from"/> where the pattern is, or -1.</summary>
    public int IndexOf(ReadOnlySpan<byte> pattern, int from)
    {
        var found = from >= Count ? -1 : _bytes.AsSpan(_start + from, Count - from).IndexOf(pattern);
        return found < 0 ? -1 : from + found;
    }

    public void Flip(int index, byte mask) => _bytes[_start + index] ^= mask;

    private void Skip(int count)
    {
        _start += count;
        Count -= count;
        if (Count == 0)
        {
            _start = 0;
        }
    }
}
