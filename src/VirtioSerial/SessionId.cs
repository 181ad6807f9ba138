using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace GuestTune.VirtioSerial;

/// <summary>The 128 random bits that tell the bytes of one session from those of every other.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct SessionId(ulong Low, ulong High)
{
    internal const int SizeBytes = 16;

    internal bool IsZero => (Low | High) == 0;

    internal static SessionId CreateRandom()
    {
        Span<byte> bytes = stackalloc byte[SizeBytes];
        KernelRandom.Fill(bytes);
        return Read(bytes);
    }

    internal static SessionId Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt64LittleEndian(source), BinaryPrimitives.ReadUInt64LittleEndian(source[8..]));

    internal void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination, Low);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], High);
    }

    /// <summary>The 16 bytes as they are sent, in hexadecimal.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[SizeBytes];
        Write(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
