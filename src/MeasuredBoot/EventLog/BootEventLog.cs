using System.Buffers.Binary;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.EventLog;

/// <summary>
/// What the firmware and the boot loader say that they measured: the crypto-agile format, or the older one with SHA-1 alone
/// (TCG PC Client Platform Firmware Profile 1.06, 10.2). Events point into the bytes that were parsed; nothing is copied.
/// </summary>
public sealed class BootEventLog
{
    /// <summary>A log has some tens of kilobytes; firmware reserves 64 KiB, and Linux allows 1 MiB (drivers/firmware/efi/tpm.c).</summary>
    public const int MaximumSizeBytes = 4 * 1024 * 1024;

    /// <summary>An event has at least 32 bytes; a log of nothing but those would be none.</summary>
    private const int MaximumEvents = 16 * 1024;
    private const int MaximumBanks = 16;
    private const int Sha1EventHeaderSizeBytes = 32;
    private const int SpecificationSizeBytes = 24;

    private BootEventLog(bool isCryptoAgile, IReadOnlyList<PcrBank> banks, IReadOnlyList<BootEvent> events)
    {
        IsCryptoAgile = isCryptoAgile;
        Banks = banks;
        Events = events;
    }

    public bool IsCryptoAgile { get; }

    /// <summary>Banks that every event has a digest for.</summary>
    public IReadOnlyList<PcrBank> Banks { get; }

    public IReadOnlyList<BootEvent> Events { get; }

    private static ReadOnlySpan<byte> SpecificationSignature => "Spec ID Event03\0"u8;

    private static ReadOnlySpan<byte> StartupLocalitySignature => "StartupLocality\0"u8;

    /// <summary>The locality of TPM2_Startup, which is where PCR 0 begins (Platform Firmware Profile, 10.4.5.3); 0 where no event tells another.</summary>
    public byte StartupLocality
    {
        get
        {
            foreach (var entry in Events)
            {
                if (entry is { Type: EventType.NoAction, Pcr: 0 } && entry.Data.Length == StartupLocalitySignature.Length + 1
                    && entry.Data.Span.StartsWith(StartupLocalitySignature))
                {
                    return entry.Data.Span[^1];
                }
            }

            return 0;
        }
    }

    /// <exception cref="EventLogException">It is no event log, or torn.</exception>
    public static BootEventLog Parse(ReadOnlyMemory<byte> log)
    {
        if (log.IsEmpty)
        {
            throw new EventLogException(0, "it is empty");
        }

        if (log.Length > MaximumSizeBytes)
        {
            throw new EventLogException(MaximumSizeBytes, $"it has {log.Length} bytes; at most {MaximumSizeBytes} make sense");
        }

        var parser = new Parser(log);
        return parser.Parse();
    }

    private struct Parser(ReadOnlyMemory<byte> log)
    {
        private static readonly PcrBank[] Sha1Alone = [PcrBank.Sha1];

        private readonly List<BootEvent> _events = [];
        private int _offset;

        public BootEventLog Parse()
        {
            // The first event is of the old format in both; in the new one it says which banks follow.
            ReadSha1Event();
            var first = _events[0];
            if (first is { Type: EventType.NoAction, Pcr: 0 } && first.Data.Span.StartsWith(SpecificationSignature))
            {
                var sizes = ReadSpecification(first.Data.Span);
                var banks = sizes.Select(s => s.Bank).OfType<PcrBank>().ToArray();
                while (_offset < log.Length)
                {
                    ReadAgileEvent(sizes, banks);
                }

                return new BootEventLog(true, banks, _events);
            }

            while (_offset < log.Length)
            {
                ReadSha1Event();
            }

            return new BootEventLog(false, Sha1Alone, _events);
        }

        /// <summary>TCG_PCClientPCREvent.</summary>
        private void ReadSha1Event()
        {
            var start = _offset;
            var pcr = ReadPcr();
            var type = ReadUInt32();
            ReadOnlyMemory<byte>[] digests = [Take(PcrBank.Sha1.DigestSizeBytes, "a SHA-1 digest")];
            Add(start, pcr, type, Sha1Alone, digests, ReadData());
        }

        /// <summary>TCG_PCR_EVENT2: the digests may come in any order, each bank once.</summary>
        private void ReadAgileEvent(List<(TpmAlgorithm Algorithm, int SizeBytes, PcrBank? Bank)> sizes, PcrBank[] banks)
        {
            var start = _offset;
            var pcr = ReadPcr();
            var type = ReadUInt32();
            var count = ReadUInt32();
            if (count != sizes.Count)
            {
                throw new EventLogException(start, $"an event has {count} digests; the log says that there are {sizes.Count} banks");
            }

            var digests = new ReadOnlyMemory<byte>[banks.Length];
            ulong seen = 0;
            for (var i = 0; i < count; i++)
            {
                var algorithm = (TpmAlgorithm)ReadUInt16();
                var index = sizes.FindIndex(s => s.Algorithm == algorithm);
                if (index < 0 || (seen & (1UL << index)) != 0)
                {
                    throw new EventLogException(start, $"an event has a digest of algorithm 0x{(ushort)algorithm:x4} which the log does not have, or has it twice");
                }

                seen |= 1UL << index;
                var digest = Take(sizes[index].SizeBytes, "a digest");
                if (sizes[index].Bank is { } bank)
                {
                    digests[Array.IndexOf(banks, bank)] = digest;
                }
            }

            Add(start, pcr, type, banks, digests, ReadData());
        }

        /// <summary>TCG_EfiSpecIdEventStruct.</summary>
        private static List<(TpmAlgorithm Algorithm, int SizeBytes, PcrBank? Bank)> ReadSpecification(ReadOnlySpan<byte> data)
        {
            if (data.Length < SpecificationSizeBytes + sizeof(uint))
            {
                throw new EventLogException(Sha1EventHeaderSizeBytes, "the event that names the banks is too short");
            }

            var count = BinaryPrimitives.ReadUInt32LittleEndian(data[SpecificationSizeBytes..]);
            var list = data[(SpecificationSizeBytes + sizeof(uint))..];
            if (count is 0 or > MaximumBanks || list.Length < count * 2 * sizeof(ushort))
            {
                throw new EventLogException(Sha1EventHeaderSizeBytes + SpecificationSizeBytes, $"it says that there are {count} banks; 1 to {MaximumBanks} make sense");
            }

            var sizes = new List<(TpmAlgorithm, int, PcrBank?)>((int)count);
            for (var i = 0; i < count; i++)
            {
                var algorithm = (TpmAlgorithm)BinaryPrimitives.ReadUInt16LittleEndian(list[(4 * i)..]);
                var size = BinaryPrimitives.ReadUInt16LittleEndian(list[((4 * i) + 2)..]);
                var bank = PcrBank.Find(algorithm);
                if ((bank is not null && bank.DigestSizeBytes != size) || sizes.Exists(s => s.Item1 == algorithm))
                {
                    throw new EventLogException(Sha1EventHeaderSizeBytes + SpecificationSizeBytes, $"it gives bank 0x{(ushort)algorithm:x4} twice, or digests of {size} bytes");
                }

                sizes.Add((algorithm, size, bank));
            }

            return sizes;
        }

        private void Add(int start, int pcr, uint type, PcrBank[] banks, ReadOnlyMemory<byte>[] digests, ReadOnlyMemory<byte> data)
        {
            if (_events.Count == MaximumEvents)
            {
                throw new EventLogException(start, $"it has more than {MaximumEvents} events");
            }

            _events.Add(new BootEvent(_events.Count, pcr, type, banks, digests, data));
        }

        private int ReadPcr()
        {
            var start = _offset;

            // An EV_NO_ACTION may stand outside all registers: 0xffffffff.
            return ReadUInt32() is var pcr && pcr is < PcrSelection.PcrCount or uint.MaxValue
                ? (int)pcr
                : throw new EventLogException(start, $"an event is for PCR {pcr}; there are {PcrSelection.PcrCount}");
        }

        private ReadOnlyMemory<byte> ReadData()
        {
            var start = _offset;
            var size = ReadUInt32();
            return size <= log.Length ? Take((int)size, "an event's data") : throw new EventLogException(start, $"an event says that it has {size} bytes of data");
        }

        private ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort), "a number").Span);

        private uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint), "a number").Span);

        private ReadOnlyMemory<byte> Take(int count, string what)
        {
            if (count > log.Length - _offset)
            {
                throw new EventLogException(_offset, $"it ends within {what} ({log.Length - _offset} of {count} bytes are there)");
            }

            var taken = log.Slice(_offset, count);
            _offset += count;
            return taken;
        }
    }
}
