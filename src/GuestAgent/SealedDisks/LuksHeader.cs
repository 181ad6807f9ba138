using System.Buffers.Binary;
using System.Text;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.SealedDisks;

/// <summary>
/// What a LUKS2 device says about its keys, read as the LUKS2 On-Disk Format Specification (section 2) lays it out: two
/// copies, each a binary header and an area of JSON, of which the newer whole one counts.
/// </summary>
/// <param name="Json">Keys, and what opens them.</param>
/// <param name="IsWhole">Its checksum is right; false where it is wrong, or of a kind that is not known here.</param>
internal sealed record LuksHeader(string Json, ulong SequenceId, bool IsWhole)
{
    private const int BinarySizeBytes = 4096;
    private const int Version = 2;

    // Fields of struct luks2_hdr_disk; all numbers are big-endian.
    private const int VersionField = 6;
    private const int SizeField = 8;
    private const int SequenceField = 16;
    private const int AlgorithmField = 72;
    private const int AlgorithmLength = 32;
    private const int OwnOffsetField = 256;
    private const int ChecksumField = 448;
    private const int ChecksumLength = 64;

    /// <summary>All that the specification allows, and so the places where the second copy can be.</summary>
    private static readonly int[] Sizes = [0x4000, 0x8000, 0x10000, 0x20000, 0x40000, 0x80000, 0x100000, 0x200000, 0x400000];

    private static ReadOnlySpan<byte> FirstMagic => [(byte)'L', (byte)'U', (byte)'K', (byte)'S', 0xba, 0xbe];

    private static ReadOnlySpan<byte> SecondMagic => [(byte)'S', (byte)'K', (byte)'U', (byte)'L', 0xba, 0xbe];

    /// <returns>Null where this is no LUKS2 device.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static LuksHeader? Read(DeviceFile device)
    {
        ArgumentNullException.ThrowIfNull(device);
        var first = ReadCopy(device, 0, FirstMagic, out var size);
        if (first is not null)
        {
            return Newer(first, ReadCopy(device, size, SecondMagic, out _));
        }

        // cryptsetup mends a damaged first copy from a second one that is whole; a torn one may be a leftover.
        foreach (var offset in Sizes)
        {
            if (ReadCopy(device, offset, SecondMagic, out _) is { IsWhole: true } second)
            {
                return second;
            }
        }

        return null;
    }

    private static LuksHeader Newer(LuksHeader first, LuksHeader? second)
        => second is { IsWhole: true } && (!first.IsWhole || second.SequenceId > first.SequenceId) ? second : first;

    private static LuksHeader? ReadCopy(DeviceFile device, long offset, ReadOnlySpan<byte> magic, out int size)
    {
        size = 0;
        var binary = new byte[BinarySizeBytes];
        if (!Fill(device, offset, binary)
            || !binary.AsSpan().StartsWith(magic)
            || BinaryPrimitives.ReadUInt16BigEndian(binary.AsSpan(VersionField)) != Version
            || BinaryPrimitives.ReadUInt64BigEndian(binary.AsSpan(OwnOffsetField)) != (ulong)offset)
        {
            return null;
        }

        var claimed = BinaryPrimitives.ReadUInt64BigEndian(binary.AsSpan(SizeField));
        size = Array.Find(Sizes, allowed => (ulong)allowed == claimed);
        var whole = new byte[size];
        if (size == 0 || !Fill(device, offset, whole))
        {
            return null;
        }

        var json = whole.AsSpan(BinarySizeBytes);
        var end = json.IndexOf((byte)0);
        return new LuksHeader(
            Encoding.UTF8.GetString(end < 0 ? json : json[..end]),
            BinaryPrimitives.ReadUInt64BigEndian(whole.AsSpan(SequenceField)),
            HasRightChecksum(whole));
    }

    /// <summary>Over both parts, with the checksum itself taken as zeros. cryptsetup writes sha256 unless it is built otherwise.</summary>
    private static bool HasRightChecksum(byte[] whole)
    {
        if (!whole.AsSpan(AlgorithmField, AlgorithmLength).TrimEnd((byte)0).SequenceEqual("sha256"u8))
        {
            return false;
        }

        var expected = whole.AsSpan(ChecksumField, Sha256.SizeBytes).ToArray();
        whole.AsSpan(ChecksumField, ChecksumLength).Clear();
        return Sha256.Hash(whole).AsSpan().SequenceEqual(expected);
    }

    /// <returns>False where the device ends before.</returns>
    private static bool Fill(DeviceFile device, long offset, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var errno = device.ReadAt(offset, buffer, out var count);
            if (errno != 0)
            {
                throw new FileProblemException(errno, $"cannot be read (errno {errno})");
            }

            if (count == 0)
            {
                return false;
            }

            offset += count;
            buffer = buffer[count..];
        }

        return true;
    }
}
