using System.Net.Sockets;

namespace GuestTune.VirtioSerial.Tests;

/// <summary>Two connected sockets, as the plainest port there is.</summary>
internal static class SocketPair
{
    public static async Task<(SocketPort Guest, SocketPort Host)> CreateAsync()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        var host = await SocketPort.ConnectAsync(path, CancellationToken.None);
        var guest = new SocketPort(await listener.AcceptAsync(), "guest");
        File.Delete(path);
        return (guest, host);
    }
}
