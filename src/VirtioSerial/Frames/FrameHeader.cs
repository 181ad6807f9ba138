using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace GuestTune.VirtioSerial.Frames;

/// <summary>The 36 bytes in front of every payload; their layout is the same in all protocol versions.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FrameHeader(byte Version, FrameType Type, int PayloadSizeBytes, SessionId Session, uint Sequence, uint PayloadChecksum)
{
    public const int SizeBytes = 36;

    /// <summary>The largest write that the guest's driver takes in one piece (drivers/char/virtio_console.c, port_fops_write).</summary>
    public const int MaxFrameSizeBytes = 32 * 1024;

    public const int MaxPayloadSizeBytes = MaxFrameSizeBytes - SizeBytes;

    /// <summary>No side may ask for frames smaller than this.</summary>
    public const int MinPayloadLimitSizeBytes = 512;

    /// <summary>The first byte is neither ASCII nor valid UTF-8, so that text does not look like a frame.</summary>
    public static ReadOnlySpan<byte> Magic => [0x9E, (byte)'G', (byte)'T', (byte)'V'];

    private const int CheckedSizeBytes = 32;

    /// <summary>Reads a header that is known to start with the magic; false when its own checksum is wrong.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out FrameHeader header)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(source[CheckedSizeBytes..]) != Checksum.Compute(source[..CheckedSizeBytes]))
        {
            header = default;
            return false;
        }

        header = new FrameHeader(
            source[4],
            (FrameType)source[5],
            BinaryPrimitives.ReadUInt16LittleEndian(source[6..]),
            SessionId.Read(source[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[28..]));
        return header.PayloadSizeBytes <= MaxPayloadSizeBytes;
    }

    public void Write(Span<byte> destination)
    {
        Magic.CopyTo(destination);
        destination[4] = Version;
        destination[5] = (byte)Type;
        BinaryPrimitives.WriteUInt16LittleEndian(destination[6..], (ushort)PayloadSizeBytes);
        Session.Write(destination[8..]);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[24..], Sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[28..], PayloadChecksum);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[CheckedSizeBytes..], Checksum.Compute(destination[..CheckedSizeBytes]));
    }
}
