using System.Buffers.Binary;
using System.Numerics;

namespace GuestTune.VirtioSerial.Frames;

/// <summary>
/// The low 32 bits of XXH64 with seed 0, as the xxHash specification (doc/xxhash_spec.md of xxHash) has it. Plain 64-bit arithmetic is fast on every processor, and in an
/// emulated guest, too, where the CRC instructions are carried out bit by bit.
/// </summary>
internal static class Checksum
{
    private const int StripeSizeBytes = 32;
    private const ulong Prime1 = 0x9E3779B185EBCA87;
    private const ulong Prime2 = 0xC2B2AE3D27D4EB4F;
    private const ulong Prime3 = 0x165667B19E3779F9;
    private const ulong Prime4 = 0x85EBCA77C2B2AE63;
    private const ulong Prime5 = 0x27D4EB2F165667C5;

    public static uint Compute(ReadOnlySpan<byte> data)
    {
        var length = (ulong)data.Length;
        var hash = data.Length < StripeSizeBytes ? Prime5 : ConsumeStripes(ref data);
        hash += length;
        while (data.Length >= sizeof(ulong))
        {
            hash ^= Round(0, BinaryPrimitives.ReadUInt64LittleEndian(data));
            hash = (BitOperations.RotateLeft(hash, 27) * Prime1) + Prime4;
            data = data[sizeof(ulong)..];
        }

        if (data.Length >= sizeof(uint))
        {
            hash ^= BinaryPrimitives.ReadUInt32LittleEndian(data) * Prime1;
            hash = (BitOperations.RotateLeft(hash, 23) * Prime2) + Prime3;
            data = data[sizeof(uint)..];
        }

        foreach (var value in data)
        {
            hash ^= value * Prime5;
            hash = BitOperations.RotateLeft(hash, 11) * Prime1;
        }

        return (uint)Avalanche(hash);
    }

    private static ulong ConsumeStripes(ref ReadOnlySpan<byte> data)
    {
        var (lane1, lane2, lane3, lane4) = (unchecked(Prime1 + Prime2), Prime2, 0UL, unchecked(0 - Prime1));
        do
        {
            lane1 = Round(lane1, BinaryPrimitives.ReadUInt64LittleEndian(data));
            lane2 = Round(lane2, BinaryPrimitives.ReadUInt64LittleEndian(data[8..]));
            lane3 = Round(lane3, BinaryPrimitives.ReadUInt64LittleEndian(data[16..]));
            lane4 = Round(lane4, BinaryPrimitives.ReadUInt64LittleEndian(data[24..]));
            data = data[StripeSizeBytes..];
        }
        while (data.Length >= StripeSizeBytes);

        var hash = BitOperations.RotateLeft(lane1, 1) + BitOperations.RotateLeft(lane2, 7) + BitOperations.RotateLeft(lane3, 12) + BitOperations.RotateLeft(lane4, 18);
        return Merge(Merge(Merge(Merge(hash, lane1), lane2), lane3), lane4);
    }

    private static ulong Round(ulong lane, ulong input) => BitOperations.RotateLeft(lane + (input * Prime2), 31) * Prime1;

    private static ulong Merge(ulong hash, ulong lane) => ((hash ^ Round(0, lane)) * Prime1) + Prime4;

    private static ulong Avalanche(ulong hash)
    {
        hash = (hash ^ (hash >> 33)) * Prime2;
        hash = (hash ^ (hash >> 29)) * Prime3;
        return hash ^ (hash >> 32);
    }
}
