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
        var host = await HostSession.AttachAsync(hostPort, options);
        return new AttachedPair { Listener = listener, Host = host, Guest = await listener.AcceptAsync() };
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Listener.DisposeAsync();
    }
}
