using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace GuestTune.Controller.QemuGa;

/// <summary>
/// qemu-ga's protocol on a byte stream: a question and an answer, each a line of JSON. What an earlier host left unread comes first, so the stream
/// is brought into step before anything is believed (qga/qapi-schema.json, guest-sync-delimited).
/// </summary>
internal sealed class QemuGaSession(Stream stream)
{
    private const byte Sentinel = 0xff;
    private const int LargestAnswerBytes = 256 * 1024;

    /// <summary>Lines of earlier conversations, and the complaint about the sentinel.</summary>
    private const int MostStrayLines = 100;

    private static readonly JsonDocumentOptions Bounds = new() { MaxDepth = 16 };

    private readonly ArrayBufferWriter<byte> _unread = new();

    /// <exception cref="QemuGaException">The answer is none.</exception>
    /// <exception cref="IOException">The stream broke.</exception>
    public async Task<GuestInfo> AskInfoAsync(CancellationToken cancellationToken)
    {
        // Each of the two can be blocked; without both, guest-info is told by its form alone.
        _ = await TrySynchronizeAsync("guest-sync-delimited", cancellationToken) || await TrySynchronizeAsync("guest-sync", cancellationToken);
        await SendAsync("""{"execute":"guest-info"}""", delimited: false, cancellationToken);
        using var answer = await ReadAsync(cancellationToken);
        return GuestInfo.Parse(answer.RootElement);
    }

    /// <returns>False where this command is blocked.</returns>
    private async Task<bool> TrySynchronizeAsync(string command, CancellationToken cancellationToken)
    {
        var id = RandomNumberGenerator.GetInt32(1, int.MaxValue);
        await SendAsync($$$"""{"execute":"{{{command}}}","arguments":{"id":{{{id}}}}}""", delimited: true, cancellationToken);
        for (var line = 0; line < MostStrayLines; line++)
        {
            using var answer = await ReadAsync(cancellationToken);
            var root = answer.RootElement;
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("return", out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var echoed) && echoed == id)
            {
                return true;
            }

            if (QemuGaError.Of(root) is { IsBlocked: true } error && error.Text.Contains($" {command} ", StringComparison.Ordinal))
            {
                return false;
            }
        }

        throw new QemuGaException($"it sent {MostStrayLines} lines and none of them answers {command}");
    }

    /// <param name="delimited">The sentinel ends whatever half a question an earlier host left.</param>
    private async Task SendAsync(string question, bool delimited, CancellationToken cancellationToken)
    {
        byte[] line = [.. delimited ? [Sentinel] : Array.Empty<byte>(), .. Encoding.ASCII.GetBytes(question), (byte)'\n'];
        await stream.WriteAsync(line, cancellationToken);
    }

    private async Task<JsonDocument> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_unread.WrittenSpan.IndexOf((byte)'\n') is >= 0 and var end)
            {
                var line = _unread.WrittenSpan[..end].ToArray();
                var rest = _unread.WrittenSpan[(end + 1)..].ToArray();
                _unread.ResetWrittenCount();
                _unread.Write(rest);
                return Parse(line.AsMemory(Array.LastIndexOf(line, Sentinel) + 1));
            }

            if (_unread.WrittenCount > LargestAnswerBytes)
            {
                throw new QemuGaException($"it sent {LargestAnswerBytes} bytes without an end of line");
            }

            var count = await stream.ReadAsync(_unread.GetMemory(4096), cancellationToken);
            _unread.Advance(count > 0 ? count : throw new QemuGaException("it ended the connection"));
        }
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            return JsonDocument.Parse(line, Bounds);
        }
        catch (JsonException)
        {
            // Half a line of an earlier conversation; it is no answer, and the next line may be.
            return JsonDocument.Parse("null");
        }
    }
}
