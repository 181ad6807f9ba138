using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace GuestTune.EndToEnd.Disk;

/// <summary>Talks to qemu-ga over its own port: what it refuses itself is the proof of its block list.</summary>
internal sealed class QemuGaSocket : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private readonly NetworkStream _stream;
    private readonly StreamReader _reader;

    private QemuGaSocket(Socket socket)
    {
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = new StreamReader(_stream, Encoding.UTF8);
    }

    public static async Task<QemuGaSocket> ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return new QemuGaSocket(socket);
    }

    /// <summary>The whole answer: "return" or "error".</summary>
    public async Task<JsonObject> ExecuteAsync(string command)
    {
        using var deadline = new CancellationTokenSource(Limit);
        await _stream.WriteAsync(Encoding.UTF8.GetBytes($"{{\"execute\":\"{command}\"}}\n"), deadline.Token);
        return JsonNode.Parse((await _reader.ReadLineAsync(deadline.Token))!)!.AsObject();
    }

    /// <summary>The commands that its guest-info calls disabled.</summary>
    public async Task<IReadOnlyList<string>> ReadDisabledAsync()
    {
        var answer = await ExecuteAsync("guest-info");
        return answer["return"]!["supported_commands"]!.AsArray()
            .Where(c => !(bool)c!["enabled"]!)
            .Select(c => (string)c!["name"]!)
            .Order(StringComparer.Ordinal)
            .ToList();
    }

    public void Dispose()
    {
        _reader.Dispose();
        _stream.Dispose();
    }
}
