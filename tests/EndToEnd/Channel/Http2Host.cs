using GuestTune.VirtioSerial;

namespace GuestTune.EndToEnd.Channel;

/// <summary>A host that has begun HTTP/2 on its session, as every real one does, and calls nothing.</summary>
internal static class Http2Host
{
    // RFC 9113, 3.4: the connection preface ends with a SETTINGS frame, which may be empty.
    private static readonly byte[] Preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];

    public static async Task<Session> AttachAsync(string socketPath)
    {
        var session = await HostSession.AttachAsync(socketPath, new SessionOptions { AttachTimeout = TimeSpan.FromMinutes(4) });
        await session.Output.WriteAsync(Preface);
        return session;
    }
}
