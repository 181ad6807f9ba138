using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GuestTune.Testing;

/// <summary>Talks to QEMU's monitor (QMP): one JSON object a line; answers carry the id of their command, events have none.</summary>
public sealed class QmpClient : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly StreamReader _reader;
    private readonly NetworkStream _stream;
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonObject>> _waiting = new();
    private readonly SemaphoreSlim _writing = new(1);
    private Task _reading = Task.CompletedTask;
    private int _lastId;

    private QmpClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = new StreamReader(_stream, Encoding.UTF8);
    }

    /// <summary>Called by the reading loop with the event's name and data, e.g. RESET, STOP, VSERPORT_CHANGE.</summary>
    public Action<string, JsonObject>? OnEvent { get; set; }

    public static async Task<QmpClient> ConnectAsync(string path, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var client = new QmpClient(socket);
        // The greeting comes before the first answer, and nothing else does.
        await client._reader.ReadLineAsync(cancellationToken);
        client._reading = client.ReadAsync();
        await client.ExecuteAsync("qmp_capabilities", cancellationToken: cancellationToken);
        return client;
    }

    public async Task<JsonNode?> ExecuteAsync(string command, JsonObject? arguments = null, CancellationToken cancellationToken = default)
    {
        var id = Interlocked.Increment(ref _lastId);
        var answered = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = answered;
        var request = new JsonObject { ["execute"] = command, ["id"] = id };
        if (arguments is not null)
        {
            request["arguments"] = arguments;
        }

        await _writing.WaitAsync(cancellationToken);
        try
        {
            await _stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToJsonString() + "\n"), cancellationToken);
        }
        catch (IOException e)
        {
            throw new TestVmException($"QEMU has ended: '{command}' cannot be sent.", e);
        }
        finally
        {
            _writing.Release();
        }

        var answer = await answered.Task.WaitAsync(cancellationToken);
        return answer["error"] is { } error
            ? throw new TestVmException($"QEMU refuses '{command}': {(string?)error["desc"]}")
            : answer["return"];
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _reading;
        _reader.Dispose();
        _writing.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _reader.ReadLineAsync() is { } line)
            {
                var message = JsonNode.Parse(line)!.AsObject();
                if ((string?)message["event"] is { } name)
                {
                    OnEvent?.Invoke(name, message["data"] as JsonObject ?? []);
                }
                else if (message["id"] is { } id && _waiting.TryRemove((int)id, out var answered))
                {
                    answered.SetResult(message);
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException or JsonException)
        {
            // The end of QEMU or of this client, told apart by nobody.
        }

        foreach (var answered in _waiting.Values)
        {
            answered.TrySetException(new TestVmException("QEMU has ended before it answered."));
        }
    }
}
