using System.Net.Sockets;
using GuestTune.VirtioSerial;

namespace GuestTune.FakePort;

/// <summary>QEMU and the guest's device in one: serves a UNIX socket to one client at a time, so that a real host program can
/// talk to an agent in this process.</summary>
public sealed class SocketGuestPort : IPort
{
    private readonly Socket _listener;
    private readonly string _path;
    private Socket? _client;

    private SocketGuestPort(Socket listener, string path)
    {
        _listener = listener;
        _path = path;
    }

    public static SocketGuestPort Listen(string path)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        return new SocketGuestPort(listener, path);
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var client = _client;
        if (client is null)
        {
            return 0;
        }

        var sizeBytes = 0;
        try
        {
            sizeBytes = await client.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset)
        {
        }

        if (sizeBytes == 0)
        {
            _client = null;
            client.Dispose();
        }

        return sizeBytes;
    }

    public async ValueTask<int> WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        var client = _client;
        if (client is not null)
        {
            try
            {
                return await client.SendAsync(buffer, SocketFlags.None, cancellationToken);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // As on the real port, a write with nobody there waits; the reader finds out.
            }
        }

        await Task.Delay(Timeout.Infinite, cancellationToken);
        return 0;
    }

    public async ValueTask WaitForPeerAsync(CancellationToken cancellationToken)
    {
        if (_client is null)
        {
            try
            {
                _client = await _listener.AcceptAsync(cancellationToken);
            }
            catch (SocketException exception)
            {
                throw new ObjectDisposedException(_path, exception);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        _client?.Dispose();
        File.Delete(_path);
        return ValueTask.CompletedTask;
    }

    public override string ToString() => _path;
}
