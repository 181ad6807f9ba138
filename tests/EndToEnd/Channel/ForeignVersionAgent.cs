using System.Buffers.Binary;
using System.Net.Sockets;
using GuestTune.VirtioSerial.Frames;

namespace GuestTune.EndToEnd.Channel;

/// <summary>
/// An agent of a later protocol version behind a socket of its own. Written from docs/channel.md alone, without the product's code: it answers every HELLO
/// by RESET(VersionUnsupported).
/// </summary>
internal sealed class ForeignVersionAgent : IAsyncDisposable
{
    private const int HeaderSizeBytes = 36;
    private const int CheckedSizeBytes = 32;
    private const byte HelloType = 1;
    private const byte ResetType = 5;
    private const byte VersionUnsupported = 4;
    private const byte FirstVersion = 7;
    private const byte LastVersion = 9;

    private static readonly byte[] Magic = [0x9E, 0x47, 0x54, 0x56];

    private readonly Socket _server = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Task _serving;

    public ForeignVersionAgent()
    {
        _server.Bind(new UnixDomainSocketEndPoint(SocketPath));
        _server.Listen();
        _serving = ServeAsync();
    }

    public string SocketPath { get; } = Path.Combine(Path.GetTempPath(), $"foreign-{Guid.NewGuid():N}.sock");

    public async ValueTask DisposeAsync()
    {
        _server.Dispose();
        await _serving;
        File.Delete(SocketPath);
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _server.AcceptAsync();
                await AnswerAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private static async Task AnswerAsync(Socket client)
    {
        var received = new List<byte>();
        var buffer = new byte[4096];
        while (await client.ReceiveAsync(buffer) is > 0 and var count)
        {
            received.AddRange(buffer.AsSpan(0, count));
            while (TakeHello(received) is { } session)
            {
                await client.SendAsync(CreateReset(session));
            }
        }
    }

    /// <summary>The session id of the next HELLO, whose bytes and all before them are taken out.</summary>
    private static byte[]? TakeHello(List<byte> received)
    {
        for (var start = 0; start + HeaderSizeBytes <= received.Count; start++)
        {
            var header = received.GetRange(start, HeaderSizeBytes).ToArray();
            if (header.AsSpan().StartsWith(Magic) && header[5] == HelloType
                && BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(CheckedSizeBytes)) == Checksum.Compute(header.AsSpan(0, CheckedSizeBytes)))
            {
                received.RemoveRange(0, start + HeaderSizeBytes);
                return header[8..24];
            }
        }

        return null;
    }

    private static byte[] CreateReset(byte[] session)
    {
        byte[] payload = [VersionUnsupported, FirstVersion, LastVersion, 0];
        var frame = new byte[HeaderSizeBytes + payload.Length];
        Magic.CopyTo(frame, 0);
        frame[4] = FirstVersion;
        frame[5] = ResetType;
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(6), (ushort)payload.Length);
        session.CopyTo(frame, 8);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(28), Checksum.Compute(payload));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(CheckedSizeBytes), Checksum.Compute(frame.AsSpan(0, CheckedSizeBytes)));
        payload.CopyTo(frame, HeaderSizeBytes);
        return frame;
    }
}
