using System.Net.Sockets;
using System.Text.Json;
using GuestTune.Controller.Rendering;

namespace GuestTune.Controller.Power;

/// <summary>Just enough of QEMU's monitor protocol (docs/interop/qmp-spec) to press the reset button: one JSON object a line, of which events are left aside.</summary>
internal sealed class QmpMonitor : IDisposable
{
    /// <summary>QEMU's answers here have some hundred bytes; whatever sends more is not QEMU.</summary>
    private const int MaximumLineBytes = 64 * 1024;

    /// <summary>A guest that stopped by itself stays stopped after a reset until it is told to go on (qapi/run-state.json).</summary>
    private static readonly string[] StoppedByItself = ["guest-panicked", "shutdown", "internal-error", "io-error", "watchdog"];

    private readonly string _path;
    private readonly NetworkStream _stream;
    private readonly byte[] _buffer = new byte[MaximumLineBytes];
    private int _length;

    private QmpMonitor(string path, Socket socket)
    {
        _path = path;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <exception cref="PowerException">The monitor cannot be reached, or refuses.</exception>
    public static async Task ResetAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            using var monitor = new QmpMonitor(path, socket);
            await monitor.ResetAsync(cancellationToken);
        }
        catch (Exception e) when (e is SocketException or IOException or JsonException)
        {
            throw new PowerException($"the monitor at {path} cannot be used: {TerminalText.Escape(e.Message, 300)}", e);
        }
        finally
        {
            socket.Dispose();
        }
    }

    public void Dispose() => _stream.Dispose();

    private async Task ResetAsync(CancellationToken cancellationToken)
    {
        using (var greeting = await ReadAsync(cancellationToken))
        {
            if (!greeting.RootElement.TryGetProperty("QMP", out _))
            {
                throw new PowerException($"what listens at {_path} is no monitor of QEMU in mode 'control'");
            }
        }

        await ExecuteAsync("{\"execute\":\"qmp_capabilities\"}\n"u8.ToArray(), cancellationToken);
        var status = await ExecuteAsync("{\"execute\":\"query-status\"}\n"u8.ToArray(), cancellationToken);
        await ExecuteAsync("{\"execute\":\"system_reset\"}\n"u8.ToArray(), cancellationToken);
        if (StoppedByItself.Contains(status, StringComparer.Ordinal))
        {
            await ExecuteAsync("{\"execute\":\"cont\"}\n"u8.ToArray(), cancellationToken);
        }
    }

    /// <returns>The word at "status", where the answer has one.</returns>
    private async Task<string?> ExecuteAsync(byte[] command, CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(command, cancellationToken);
        while (true)
        {
            using var answer = await ReadAsync(cancellationToken);
            if (answer.RootElement.TryGetProperty("error", out var error))
            {
                var said = Text(error, "desc") ?? "without a reason";
                throw new PowerException($"QEMU at {_path} refuses: {TerminalText.Escape(said, 300)}");
            }

            if (answer.RootElement.TryGetProperty("return", out var value))
            {
                return Text(value, "status");
            }
        }

        static string? Text(JsonElement element, string name) =>
            element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
    }

    private async Task<JsonDocument> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var end = _buffer.AsSpan(0, _length).IndexOf((byte)'\n');
            if (end >= 0)
            {
                var message = JsonDocument.Parse(_buffer.AsMemory(0, end).ToArray());
                _length -= end + 1;
                _buffer.AsSpan(end + 1, _length).CopyTo(_buffer);
                if (message.RootElement.ValueKind == JsonValueKind.Object)
                {
                    return message;
                }

                message.Dispose();
                throw new IOException("a line of it is no JSON object");
            }

            if (_length == _buffer.Length)
            {
                throw new IOException($"a line of it is longer than {MaximumLineBytes} bytes");
            }

            var count = await _stream.ReadAsync(_buffer.AsMemory(_length), cancellationToken);
            _length += count > 0 ? count : throw new IOException("it was closed in the middle");
        }
    }
}
