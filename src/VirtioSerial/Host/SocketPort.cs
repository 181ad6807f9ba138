using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace GuestTune.VirtioSerial;

/// <summary>The host's end of a port: the UNIX socket that QEMU serves for it.</summary>
public sealed class SocketPort : IPort
{
    private readonly Socket _socket;
    private readonly string _path;

    internal SocketPort(Socket socket, string path)
    {
        _socket = socket;
        _path = path;
    }

    /// <summary>Connects. QEMU takes one client at a time: a connect behind another client succeeds, and is answered once that one is gone.</summary>
    /// <exception cref="AttachException">The socket is missing, not served, not accessible or has no room for one more client.</exception>
    public static async ValueTask<SocketPort> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        UnixDomainSocketEndPoint endPoint;
        try
        {
            endPoint = new UnixDomainSocketEndPoint(path);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            throw new AttachException(AttachFailure.BadPath, $"{path} is too long for a UNIX socket's path: at most 107 bytes are possible", exception);
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken);
            return new SocketPort(socket, path);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw Describe(path, exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset)
        {
            // QEMU went away with bytes unread: the same as an orderly end, as far as the port is concerned.
            return 0;
        }
    }

    public ValueTask<int> WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken) =>
        _socket.SendAsync(buffer, SocketFlags.None, cancellationToken);

    /// <summary>A connected socket has a peer, as far as the host can tell.</summary>
    public ValueTask WaitForPeerAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    public override string ToString() => _path;

    private static AttachException Describe(string path, SocketException exception) => exception.SocketErrorCode switch
    {
        // What .NET makes of ENOENT.
        SocketError.AddressNotAvailable => new AttachException(
            AttachFailure.NotFound, $"{path} does not exist: the VM is not running, or it has no such channel", exception),
        SocketError.ConnectionRefused => new AttachException(
            AttachFailure.NotServed, $"nobody serves {path}: the VM that made it has stopped", exception),
        SocketError.AccessDenied => new AttachException(
            AttachFailure.AccessDenied, $"no permission to connect to {path}: run as root or as the user that QEMU runs as", exception),
        SocketError.WouldBlock => new AttachException(
            AttachFailure.Busy, $"{path} is busy: too many programs wait for it already; end them or try again later", exception),
        _ => new AttachException(AttachFailure.NotServed, $"cannot connect to {path}: {exception.Message}", exception),
    };
}
