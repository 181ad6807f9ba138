using System.Buffers.Binary;
using System.Net.Sockets;

namespace GuestTune.HostController.Tests.Libvirt;

/// <summary>
/// A socket in front of a daemon's, which passes on what comes and stops at one call: before the daemon has it, or when the daemon has done it and its answer
/// has not reached the caller. Messages are those of libvirt's internals/rpc.html.
/// </summary>
internal sealed class LibvirtProxy : IDisposable
{
    private const int HeaderSizeBytes = 28;
    private const uint DomainProgram = 0x20008086;

    private readonly Lock _stopLock = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _target;

    public LibvirtProxy(string target, string path)
    {
        _target = target;
        Path = path;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    public string Path { get; }

    /// <summary>A REMOTE_PROC_* of remote_protocol.x.</summary>
    public int StopsAt { get; set; }

    public bool StopsAfterwards { get; set; }

    /// <summary>Done once, before the caller's connection is closed.</summary>
    public Action? WhenStopped { get; set; }

    public void Dispose() => _listener.Dispose();

    private void Accept()
    {
        while (true)
        {
            try
            {
                var client = _listener.Accept();
                var daemon = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    daemon.Connect(new UnixDomainSocketEndPoint(_target));
                }
                catch (SocketException)
                {
                    client.Dispose();
                    continue;
                }

                // Before either direction may have ended.
                var (near, far) = (new NetworkStream(client, ownsSocket: true), new NetworkStream(daemon, ownsSocket: true));
                new Thread(() => Pass(near, far, stops: () => !StopsAfterwards)) { IsBackground = true }.Start();
                new Thread(() => Pass(far, near, stops: () => StopsAfterwards)) { IsBackground = true }.Start();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The end of the test.
                return;
            }
        }
    }

    private void Pass(NetworkStream from, NetworkStream to, Func<bool> stops)
    {
        using var input = from;
        using var output = to;
        try
        {
            while (true)
            {
                var header = new byte[HeaderSizeBytes];
                input.ReadExactly(header);
                var rest = new byte[BinaryPrimitives.ReadInt32BigEndian(header) - HeaderSizeBytes];
                input.ReadExactly(rest);
                if (BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4)) == DomainProgram && BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(12)) == StopsAt && stops())
                {
                    lock (_stopLock)
                    {
                        StopsAt = 0;
                        WhenStopped?.Invoke();
                        return;
                    }
                }

                output.Write(header);
                output.Write(rest);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Either side is gone, and so is the other, when what is done about it is done.
            _stopLock.Enter();
            _stopLock.Exit();
        }
    }
}
