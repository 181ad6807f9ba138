using System.Buffers.Binary;
using System.Text;

namespace GuestTune.VirtioSerial.Frames;

/// <summary>Builds whole frames: all but DATA are small enough to be built anew each time.</summary>
internal static class Frame
{
    public const int MaxResetTextSizeBytes = 256;

    /// <summary>The most payload that is believed of a frame that needs no session: such frames are small, so that a torn one
    /// swallows little.</summary>
    public const int MaxAttachPayloadSizeBytes = 512;

    public const int HelloPayloadSizeBytes = 8;
    public const int WelcomePayloadSizeBytes = 24;
    public const int ReadyPayloadSizeBytes = SessionId.SizeBytes;
    public const int TokenSizeBytes = 8;
    public const int ResetFixedSizeBytes = 4;

    public static byte[] Hello(SessionId session, byte minVersion, byte maxVersion, int maxPayloadSizeBytes)
    {
        Span<byte> payload = stackalloc byte[HelloPayloadSizeBytes];
        payload.Clear();
        payload[0] = minVersion;
        payload[1] = maxVersion;
        BinaryPrimitives.WriteInt32LittleEndian(payload[4..], maxPayloadSizeBytes);
        return Create(minVersion, FrameType.Hello, session, 0, payload);
    }

    public static byte[] Welcome(SessionId session, byte version, uint sentFrames, int maxPayloadSizeBytes, SessionId instance)
    {
        Span<byte> payload = stackalloc byte[WelcomePayloadSizeBytes];
        payload.Clear();
        payload[0] = version;
        BinaryPrimitives.WriteInt32LittleEndian(payload[4..], maxPayloadSizeBytes);
        instance.Write(payload[8..]);
        return Create(version, FrameType.Welcome, session, sentFrames, payload);
    }

    public static byte[] Ready(byte version, SessionId instance)
    {
        Span<byte> payload = stackalloc byte[ReadyPayloadSizeBytes];
        instance.Write(payload);
        return Create(version, FrameType.Ready, default, 0, payload);
    }

    public static byte[] Reset(SessionId session, byte version, ResetReason reason, byte minVersion, byte maxVersion, string? text)
    {
        Span<byte> payload = stackalloc byte[ResetFixedSizeBytes + MaxResetTextSizeBytes];
        payload[0] = (byte)reason;
        payload[1] = minVersion;
        payload[2] = maxVersion;
        payload[3] = 0;
        Encoding.UTF8.GetEncoder().Convert(text, payload[ResetFixedSizeBytes..], flush: true, out _, out var textSizeBytes, out _);
        return Create(version, FrameType.Reset, session, 0, payload[..(ResetFixedSizeBytes + textSizeBytes)]);
    }

    public static byte[] Token(SessionId session, byte version, FrameType type, ulong token)
    {
        Span<byte> payload = stackalloc byte[TokenSizeBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(payload, token);
        return Create(version, type, session, 0, payload);
    }

    /// <summary>A frame of zeros as large as frames get: whatever frame was torn before it, it completes.</summary>
    public static byte[] Pad(SessionId session, byte version)
    {
        var frame = new byte[FrameHeader.MaxFrameSizeBytes];
        WriteHeader(frame, version, FrameType.Pad, session, 0, FrameHeader.MaxPayloadSizeBytes);
        return frame;
    }

    public static byte[] Create(byte version, FrameType type, SessionId session, uint sequence, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[FrameHeader.SizeBytes + payload.Length];
        payload.CopyTo(frame.AsSpan(FrameHeader.SizeBytes));
        WriteHeader(frame, version, type, session, sequence, payload.Length);
        return frame;
    }

    /// <summary>Writes the header for a payload that already stands behind the header's space.</summary>
    public static void WriteHeader(Span<byte> frame, byte version, FrameType type, SessionId session, uint sequence, int payloadSizeBytes)
    {
        var checksum = Checksum.Compute(frame.Slice(FrameHeader.SizeBytes, payloadSizeBytes));
        new FrameHeader(version, type, payloadSizeBytes, session, sequence, checksum).Write(frame);
    }
}
