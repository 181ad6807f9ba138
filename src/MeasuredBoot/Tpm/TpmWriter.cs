using System.Buffers;
using System.Buffers.Binary;

namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>Writes the big-endian structures of TPM 2.0.</summary>
public sealed class TpmWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new(256);

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public TpmWriter UInt8(byte value)
    {
        _bytes.GetSpan(sizeof(byte))[0] = value;
        _bytes.Advance(sizeof(byte));
        return this;
    }

    public TpmWriter UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_bytes.GetSpan(sizeof(ushort)), value);
        _bytes.Advance(sizeof(ushort));
        return this;
    }

    public TpmWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.GetSpan(sizeof(uint)), value);
        _bytes.Advance(sizeof(uint));
        return this;
    }

    public TpmWriter Bytes(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    /// <summary>A TPM2B: two bytes of length, and the bytes.</summary>
    public TpmWriter Sized(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > ushort.MaxValue)
        {
            throw new ArgumentException($"{bytes.Length} bytes do not fit into a TPM2B", nameof(bytes));
        }

        return UInt16((ushort)bytes.Length).Bytes(bytes);
    }

    public byte[] ToArray() => Written.ToArray();
}
