namespace GuestTune.VirtioSerial.Tests;

/// <summary>A session over two connected sockets, seen from both sides.</summary>
internal sealed class AttachedPair : IAsyncDisposable
{
    public required GuestSessionListener Listener { get; init; }

    public required Session Host { get; init; }

    public required Session Guest { get; init; }

    public static async Task<AttachedPair> CreateAsync(SessionOptions? options = null)
    {
        var (guestPort, hostPort) = await SocketPair.CreateAsync();
        var listener = new GuestSessionListener(guestPort, options);
        var host = await HostSession.AttachAsync(hostPort, options ?? Patient.Options);
        var guest = await listener.AcceptAsync();
        // A socket, unlike a device, takes no answer once its peer has gone: that to the HELLO which READY was answered by must not be under way any more.
        await host.PingAsync();
        return new AttachedPair { Listener = listener, Host = host, Guest = guest };
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Listener.DisposeAsync();
    }
}
