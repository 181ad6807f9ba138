namespace GuestTune.FakePort;

/// <summary>The open device in the guest.</summary>
public sealed class FakeGuestFile
{
    private readonly FakeVirtioPort _port;

    internal FakeGuestFile(FakeVirtioPort port) => _port = port;

    public bool IsHostConnected => _port.IsHostConnected;

    public bool IsClosed => !_port.IsOpen(this);

    internal FakeVirtioPort Port => _port;

    /// <summary>As write(2) with O_NONBLOCK: the bytes taken, or -1 for EAGAIN (nobody attached, or no room).</summary>
    public int Write(ReadOnlySpan<byte> bytes) => _port.Write(this, bytes);

    /// <summary>As read(2) with O_NONBLOCK: the bytes read, 0 if nobody is attached, -1 for EAGAIN.</summary>
    public int Read(Span<byte> bytes) => _port.Read(this, bytes);

    /// <summary>Closes the device, as the end of the agent does too; what it had not read is gone.</summary>
    public void Close() => _port.Close(this);
}
