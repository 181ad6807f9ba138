using System.Net.Sockets;

namespace GuestTune.EndToEnd.Channel;

/// <summary>Another program on the host that has the agent's socket open and knows nothing of sessions.</summary>
internal static class RawClient
{
    // A send is taken whole or not at all, as far as its caller learns.
    private const int ChunkSizeBytes = 4096;

    public static async Task<Socket> ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    /// <summary>Writes bytes until all are taken or nobody has taken any for <paramref name="patience"/>; gives how many were.</summary>
    public static async Task<int> WriteAsync(Socket socket, ReadOnlyMemory<byte> data, TimeSpan patience)
    {
        var sent = 0;
        try
        {
            while (sent < data.Length)
            {
                using var deadline = new CancellationTokenSource(patience);
                sent += await socket.SendAsync(data.Slice(sent, Math.Min(ChunkSizeBytes, data.Length - sent)), SocketFlags.None, deadline.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The guest reads no more, and QEMU takes no more.
        }

        return sent;
    }
}
