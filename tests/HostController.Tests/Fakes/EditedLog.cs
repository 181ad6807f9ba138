using System.Buffers.Binary;
using System.Text;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tests.EventLog;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>A recorded log whose events a test changes, with digests and registers that agree with what it made of them.</summary>
internal sealed class EditedLog
{
    private static readonly PcrBank[] Banks = [PcrBank.Sha1, PcrBank.Sha256];

    public List<Entry> Events { get; } = [];

    public static EditedLog Of(string recorded)
    {
        var log = new EditedLog();
        var parsed = RecordedLog.Load(recorded).Parse();
        foreach (var entry in parsed.Events.Skip(1))
        {
            log.Events.Add(new Entry(
                entry.Pcr,
                entry.Type,
                entry.Data.ToArray(),
                bank => entry.DigestOf(bank) is { IsEmpty: false } digest ? digest.ToArray() : new byte[bank.DigestSizeBytes]));
        }

        return log;
    }

    public static EditedLog OfGrub(string commandLine)
    {
        var log = Of("ovmf-direct-kernel");
        log.AddGrub("grub_cmd: ", "search --no-floppy --fs-uuid --set=root 1234");
        log.AddGrub("grub_cmd: ", $"linux /boot/vmlinuz-6.1 {commandLine}");
        log.AddGrub("kernel_cmdline: ", $"/boot/vmlinuz-6.1 {commandLine}");
        log.AddGrub("grub_cmd: ", "initrd /boot/initrd.img-6.1");
        return log;
    }

    /// <summary>As grub-core/commands/tpm.c measures: the text alone, described by the text with a prefix and a NUL.</summary>
    public void AddGrub(string prefix, string text) => Events.Add(Entry.Hashing(8, EventType.Ipl, Encoding.ASCII.GetBytes(prefix + text + "\0"), Encoding.ASCII.GetBytes(text)));

    /// <summary>A file that GRUB read, described by its path and a NUL.</summary>
    public void AddGrubFile(string path, string content) => Events.Add(Entry.Hashing(9, EventType.Ipl, Encoding.Latin1.GetBytes(path + "\0"), Encoding.Latin1.GetBytes(content)));

    public byte[] ToBytes()
    {
        var log = new List<byte>();
        // TCG_EfiSpecIDEvent in an event of the old format.
        var specification = new List<byte>();
        specification.AddRange("Spec ID Event03\0"u8);
        specification.AddRange([0, 0, 0, 0, 0, 2, 0, 2]);
        Add32(specification, (uint)Banks.Length);
        foreach (var bank in Banks)
        {
            Add16(specification, (ushort)bank.Algorithm);
            Add16(specification, (ushort)bank.DigestSizeBytes);
        }

        specification.Add(0);
        Add32(log, 0);
        Add32(log, EventType.NoAction);
        log.AddRange(new byte[PcrBank.Sha1.DigestSizeBytes]);
        Add32(log, (uint)specification.Count);
        log.AddRange(specification);
        foreach (var entry in Events)
        {
            Add32(log, (uint)entry.Pcr);
            Add32(log, entry.Type);
            Add32(log, (uint)Banks.Length);
            foreach (var bank in Banks)
            {
                Add16(log, (ushort)bank.Algorithm);
                log.AddRange(entry.Digest(bank));
            }

            Add32(log, (uint)entry.Data.Length);
            log.AddRange(entry.Data);
        }

        return [.. log];
    }

    public IReadOnlyList<PcrValue> Values(PcrSelection selection)
    {
        var bank = PcrBank.Find(selection.Bank)!;
        var replay = new EventLogReplay(BootEventLog.Parse(ToBytes()), bank);
        return [.. selection.Indices.Select(i => new PcrValue(selection.Bank, i, replay.Compute(i)))];
    }

    private static void Add16(List<byte> target, ushort value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        target.AddRange(bytes);
    }

    private static void Add32(List<byte> target, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        target.AddRange(bytes);
    }

    internal sealed record Entry(int Pcr, uint Type, byte[] Data, Func<PcrBank, byte[]> Digest)
    {
        public static Entry Hashing(int pcr, uint type, byte[] data, byte[] content) => new(pcr, type, data, bank => bank.Hash(content));
    }
}
