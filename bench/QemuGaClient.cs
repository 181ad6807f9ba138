using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GuestTune.Bench;

/// <summary>Just enough of the QEMU guest agent's protocol (one JSON object a line) to compare with.</summary>
internal sealed class QemuGaClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private byte[] _buffer = new byte[64 * 1024];

    public QemuGaClient(string socketPath)
    {
        _socket.ReceiveTimeout = 30_000;
        _socket.Connect(new UnixDomainSocketEndPoint(socketPath));
        Synchronise();
    }

    public void Ping() => Execute("guest-ping");

    public void WriteFile(string path, string content)
    {
        var handle = (int)Execute("guest-file-open", new JsonObject { ["path"] = path, ["mode"] = "w" })!;
        Execute("guest-file-write", new JsonObject { ["handle"] = handle, ["buf-b64"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(content)) });
        Execute("guest-file-close", new JsonObject { ["handle"] = handle });
    }

    public string ReadFile(string path) => Encoding.ASCII.GetString(ReadBytes(path, 4096));

    public byte[] ReadBytes(string path, int maximumBytes = 1024 * 1024)
    {
        var handle = (int)Execute("guest-file-open", new JsonObject { ["path"] = path, ["mode"] = "r" })!;
        var answer = Execute("guest-file-read", new JsonObject { ["handle"] = handle, ["count"] = maximumBytes })!;
        Execute("guest-file-close", new JsonObject { ["handle"] = handle });
        return Convert.FromBase64String((string)answer["buf-b64"]!);
    }

    /// <summary>Reads <paramref name="sizeBytes"/> of an endless file in the largest pieces that are worth it.</summary>
    public void ReadBulk(string path, long sizeBytes)
    {
        const int pieceSizeBytes = 1024 * 1024;
        var handle = (int)Execute("guest-file-open", new JsonObject { ["path"] = path, ["mode"] = "r" })!;
        for (long read = 0; read < sizeBytes; read += pieceSizeBytes)
        {
            var answer = Execute("guest-file-read", new JsonObject { ["handle"] = handle, ["count"] = pieceSizeBytes })!;
            if (Convert.FromBase64String((string)answer["buf-b64"]!).Length != pieceSizeBytes)
            {
                throw new IOException($"{path} gave less than was asked for.");
            }
        }

        Execute("guest-file-close", new JsonObject { ["handle"] = handle });
    }

    /// <summary>Runs a shell line and waits for it as a caller has to: by asking until it has exited.</summary>
    public string ExecuteShell(string line)
    {
        var started = Execute("guest-exec", new JsonObject
        {
            ["path"] = "/bin/sh",
            ["arg"] = new JsonArray("-c", line),
            ["capture-output"] = true,
        })!;
        while (true)
        {
            var status = Execute("guest-exec-status", new JsonObject { ["pid"] = (int)started["pid"]! })!;
            if ((bool)status["exited"]!)
            {
                if ((int?)status["exitcode"] is not 0)
                {
                    throw new IOException($"'{line}' ended so: {status.ToJsonString()}");
                }

                return status["out-data"] is { } output ? Encoding.ASCII.GetString(Convert.FromBase64String((string)output!)) : "";
            }

            Thread.Sleep(1);
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>guest-sync-delimited: what an earlier client left behind ends at the 0xFF that precedes our answer.</summary>
    private void Synchronise()
    {
        var id = Random.Shared.Next();
        _socket.Send(Encoding.ASCII.GetBytes($"{{\"execute\":\"guest-sync-delimited\",\"arguments\":{{\"id\":{id}}}}}\n"));
        Span<byte> one = stackalloc byte[1];
        do
        {
            _socket.Receive(one);
        }
        while (one[0] != 0xFF);
        var answer = JsonNode.Parse(ReadLine())!;
        if ((int)answer["return"]! != id)
        {
            throw new IOException("qemu-ga answered another synchronisation.");
        }
    }

    private JsonNode? Execute(string command, JsonObject? arguments = null)
    {
        var request = new JsonObject { ["execute"] = command };
        if (arguments is not null)
        {
            request["arguments"] = arguments;
        }

        _socket.Send(Encoding.ASCII.GetBytes(request.ToJsonString() + "\n"));
        var answer = JsonNode.Parse(ReadLine())!;
        return answer["error"] is { } error
            ? throw new IOException($"qemu-ga: {command}: {error.ToJsonString(new JsonSerializerOptions())}")
            : answer["return"];
    }

    private ReadOnlySpan<byte> ReadLine()
    {
        var used = 0;
        while (true)
        {
            if (used == _buffer.Length)
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }

            var received = _socket.Receive(_buffer.AsSpan(used));
            if (received == 0)
            {
                throw new IOException("qemu-ga's port was closed.");
            }

            var end = _buffer.AsSpan(used, received).IndexOf((byte)'\n');
            used += received;
            if (end >= 0)
            {
                return _buffer.AsSpan(0, used - 1);
            }
        }
    }
}
