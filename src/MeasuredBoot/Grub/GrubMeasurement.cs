using System.Text;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.Grub;

/// <summary>How GRUB measures (grub-core/commands/tpm.c): strings, described by themselves behind a prefix, and files, described by their paths.</summary>
public static class GrubMeasurement
{
    /// <summary>Commands and command lines.</summary>
    public const int StringPcr = 8;

    /// <summary>Files.</summary>
    public const int FilePcr = 9;

    public const string Command = "grub_cmd: ";
    public const string KernelCommandLine = "kernel_cmdline: ";

    /// <summary>One char for each byte.</summary>
    /// <returns>Null where the event is no such string, or its digest not that of the text, or not extended: no register vouches for that one.</returns>
    public static string? Read(BootEvent entry, PcrBank bank, string prefix)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(bank);
        var data = entry.Data.Span.TrimEnd((byte)0);
        return entry is { Pcr: StringPcr, IsExtended: true } && data.StartsWith(Encoding.Latin1.GetBytes(prefix)) && bank.Hash(data[prefix.Length..]).AsSpan().SequenceEqual(entry.DigestOf(bank).Span)
            ? Encoding.Latin1.GetString(data[prefix.Length..])
            : null;
    }

    /// <summary>The event that GRUB makes of a string.</summary>
    public static BootEvent Of(string prefix, string text, PcrBank bank) => Make(StringPcr, prefix + text, Encoding.Latin1.GetBytes(text), bank);

    /// <summary>The event that GRUB makes of a file.</summary>
    public static BootEvent OfFile(string path, ReadOnlySpan<byte> content, PcrBank bank) => Make(FilePcr, path, content, bank);

    private static BootEvent Make(int pcr, string description, ReadOnlySpan<byte> measured, PcrBank bank)
    {
        ArgumentNullException.ThrowIfNull(bank);
        return BootEvent.Create(pcr, EventType.Ipl, bank, bank.Hash(measured), Encoding.Latin1.GetBytes(description + "\0"));
    }
}
