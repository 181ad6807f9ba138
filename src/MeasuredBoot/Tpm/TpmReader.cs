using System.Buffers.Binary;

namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>Reads the big-endian structures of TPM 2.0; every length is checked against the bytes that are there.</summary>
public ref struct TpmReader(ReadOnlySpan<byte> data)
{
    private ReadOnlySpan<byte> _rest = data;

    public readonly int Remaining => _rest.Length;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public byte UInt8() => Bytes(sizeof(byte))[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Bytes(sizeof(ushort)));

    public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Bytes(sizeof(uint)));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64BigEndian(Bytes(sizeof(ulong)));

    /// <exception cref="TpmFormatException">Fewer bytes are left.</exception>
    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count < 0 || count > _rest.Length)
        {
            throw new TpmFormatException($"a structure needs {count} more bytes, and {_rest.Length} are left");
        }

        var bytes = _rest[..count];
        _rest = _rest[count..];
        return bytes;
    }

    /// <summary>A TPM2B: two bytes of length, and as many bytes.</summary>
    public ReadOnlySpan<byte> Sized(int maximumSizeBytes = ushort.MaxValue)
    {
        var size = UInt16();
        return size <= maximumSizeBytes ? Bytes(size) : throw new TpmFormatException($"a field has {size} bytes; at most {maximumSizeBytes} make sense");
    }

    /// <summary>The count in front of a list.</summary>
    public int Count(int maximum, string what)
    {
        var count = UInt32();
        return count <= maximum ? (int)count : throw new TpmFormatException($"a list of {count} {what}; at most {maximum} make sense");
    }

    /// <exception cref="TpmFormatException">More follows.</exception>
    public readonly void ExpectEnd(string what)
    {
        if (!IsAtEnd)
        {
            throw new TpmFormatException($"{_rest.Length} bytes follow the end of {what}");
        }
    }
}
