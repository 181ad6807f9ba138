using System.Buffers.Binary;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.SoftwareTpms;

namespace GuestTune.HostController.Tests.MeasuredBoot;

/// <summary>Does what firmware does: extends a TPM, and writes down what with. Each piece is one entry of the log.</summary>
internal sealed class EventLogWriter
{
    private static readonly PcrBank[] Banks = [PcrBank.Sha1, PcrBank.Sha256];

    public EventLogWriter() => Pieces.Add(Header());

    public List<byte[]> Pieces { get; } = [];

    public byte[] Log => Pieces.SelectMany(p => p).ToArray();

    /// <param name="tpm">Null: it is only written down.</param>
    public EventLogWriter Measure(SoftwareTpm? tpm, int pcr, uint type, byte[] data, byte[]? measured = null)
    {
        var piece = new MemoryStream();
        Write(piece, (uint)pcr);
        Write(piece, type);
        Write(piece, (uint)Banks.Length);
        foreach (var bank in Banks)
        {
            var digest = bank.Hash(measured ?? data);
            piece.Write([(byte)bank.Algorithm, 0]);
            piece.Write(digest);
            tpm?.Extend(pcr, bank, digest);
        }

        Write(piece, (uint)data.Length);
        piece.Write(data);
        Pieces.Add(piece.ToArray());
        return this;
    }

    /// <summary>TCG_EfiSpecIdEvent, in an event of the old format (Platform Firmware Profile 1.06, 10.4.5.1).</summary>
    private static byte[] Header()
    {
        var data = new MemoryStream();
        data.Write("Spec ID Event03\0"u8);
        data.Write([0, 0, 0, 0, 0, 2, 0, 2]);
        Write(data, (uint)Banks.Length);
        foreach (var bank in Banks)
        {
            data.Write([(byte)bank.Algorithm, 0, (byte)bank.DigestSizeBytes, 0]);
        }

        data.WriteByte(0);
        var piece = new MemoryStream();
        Write(piece, 0);
        Write(piece, EventType.NoAction);
        piece.Write(new byte[PcrBank.Sha1.DigestSizeBytes]);
        Write(piece, (uint)data.Length);
        data.WriteTo(piece);
        return piece.ToArray();
    }

    private static void Write(MemoryStream stream, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        stream.Write(bytes);
    }
}
