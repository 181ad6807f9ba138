using System.Net.Sockets;
using GuestTune.VirtioSerial;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>The guest's end of a port whose host end is a UNIX socket that takes one client at a time, as QEMU serves it.</summary>
internal sealed class QemuPort : IPort
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly SemaphoreSlim _accepting = new(1);
    private readonly CancellationTokenSource _disposed = new();
    private volatile Socket? _client;

    public QemuPort(string path)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(1);
    }

    public bool HasPeer => _client is not null;

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_client is not { } client)
        {
            return 0;
        }

        var count = 0;
        try
        {
            count = await client.ReceiveAsync(buffer, cancellationToken);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        }

        if (count == 0)
        {
            _client = null;
            client.Dispose();
        }

        return count;
    }

    public async ValueTask<int> WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            await WaitForPeerAsync(cancellationToken);
            try
            {
                if (_client is { } client)
                {
                    return await client.SendAsync(buffer, cancellationToken);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The bytes of a guest without a host are dropped.
                ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
                return buffer.Length;
            }
        }
    }

    public async ValueTask WaitForPeerAsync(CancellationToken cancellationToken)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        try
        {
            await _accepting.WaitAsync(linked.Token);
            try
            {
                _client ??= await _listener.AcceptAsync(linked.Token);
            }
            finally
            {
                _accepting.Release();
            }
        }
        catch (OperationCanceledException e) when (_disposed.IsCancellationRequested)
        {
            throw new ObjectDisposedException("The port is closed.", e);
        }
    }

    /// <summary>As if QEMU closed the client's connection.</summary>
    public void DropClient()
    {
        if (_client is { } client)
        {
            client.Shutdown(SocketShutdown.Both);
        }
    }

    public ValueTask DisposeAsync()
    {
        _disposed.Cancel();
        _client?.Dispose();
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }
}
