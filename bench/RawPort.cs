using System.Net.Sockets;

namespace GuestTune.Bench;

/// <summary>A port without any protocol: what the device itself can do.</summary>
internal sealed class RawPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public RawPort(string socketPath)
    {
        _socket.ReceiveTimeout = 30_000;
        _socket.Connect(new UnixDomainSocketEndPoint(socketPath));
    }

    /// <summary>One round trip of 16 bytes; the guest runs <c>dd</c> on the port.</summary>
    public void Echo()
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        _socket.Send(bytes);
        Receive(bytes.Length);
    }

    /// <summary>Reads what the guest writes without end.</summary>
    public void Receive(long sizeBytes)
    {
        var buffer = new byte[Math.Min(sizeBytes, 128 * 1024)];
        for (long received = 0; received < sizeBytes;)
        {
            var count = _socket.Receive(buffer, (int)Math.Min(buffer.Length, sizeBytes - received), SocketFlags.None);
            received += count > 0 ? count : throw new IOException("The port was closed.");
        }
    }

    public void Dispose() => _socket.Dispose();
}
