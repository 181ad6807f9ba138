using System.Buffers.Binary;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.EventLog;

/// <summary>Writes events as a log of the crypto-agile format with the digests of one bank, so that what was not measured yet is kept, compared and shown as what was.</summary>
public static class BootEventLogWriter
{
    /// <param name="events">Without the first event of a log, which names the banks. Each has a digest of the bank, or is not extended.</param>
    public static byte[] Write(IEnumerable<BootEvent> events, PcrBank bank)
    {
        ArgumentNullException.ThrowIfNull(events);
        ArgumentNullException.ThrowIfNull(bank);
        var log = new List<byte>();

        // TCG_EfiSpecIdEvent in a TCG_PCClientPCREvent (Platform Firmware Profile 1.06, 10.4.5.1): version 2.0, sizes of 64 bits.
        byte[] specification = [.. "Spec ID Event03\0"u8, 0, 0, 0, 0, 0, 2, 0, 2, 1, 0, 0, 0, .. UInt16((ushort)bank.Algorithm), .. UInt16((ushort)bank.DigestSizeBytes), 0];
        log.AddRange([.. UInt32(0), .. UInt32(EventType.NoAction), .. new byte[PcrBank.Sha1.DigestSizeBytes], .. UInt32((uint)specification.Length), .. specification]);
        foreach (var entry in events)
        {
            log.AddRange([.. UInt32((uint)entry.Pcr), .. UInt32(entry.Type), .. UInt32(1), .. UInt16((ushort)bank.Algorithm)]);
            log.AddRange(entry.DigestOf(bank) is { IsEmpty: false } digest ? digest.Span : new byte[bank.DigestSizeBytes]);
            log.AddRange([.. UInt32((uint)entry.Data.Length), .. entry.Data.Span]);
        }

        return [.. log];
    }

    private static byte[] UInt16(ushort value)
    {
        var bytes = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] UInt32(uint value)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
