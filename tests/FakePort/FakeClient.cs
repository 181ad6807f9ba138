namespace GuestTune.FakePort;

/// <summary>A program on the host that has connected to the port's socket; QEMU may be serving another one.</summary>
public sealed class FakeClient
{
    private readonly FakeVirtioPort _port;

    internal FakeClient(FakeVirtioPort port, int socketSizeBytes)
    {
        _port = port;
        ToGuest = new ByteQueue(socketSizeBytes);
        ToHost = new ByteQueue(socketSizeBytes);
    }

    public bool IsClosed { get; private set; }

    internal ByteQueue ToGuest { get; }

    internal ByteQueue ToHost { get; }

    internal FakeVirtioPort Port => _port;

    /// <summary>As write(2): the bytes taken, or -1 for EAGAIN.</summary>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        return _port.Write(this, bytes);
    }

    /// <summary>As read(2): the bytes read, or -1 for EAGAIN.</summary>
    public int Read(Span<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        return _port.Read(this, bytes);
    }

    /// <summary>Closes the socket, as the end of the program does too.</summary>
    public void Close()
    {
        if (!IsClosed)
        {
            IsClosed = true;
            _port.Close(this);
        }
    }
}
