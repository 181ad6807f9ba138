using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace GuestTune.MeasuredBoot.EventLog;

/// <summary>Turns an event's data into text, by what its type promises; data that breaks the promise is shown as bytes.</summary>
internal static class EventDecoder
{
    private const int MaximumShownBytes = 64;
    private const int MaximumTextChars = 4096;
    private const char LastLatin = '\u024f';
    private const uint LinuxInitrdTag = 0x8F3B22EC;
    private const uint LinuxLoadOptionsTag = 0x8F3B22ED;

    /// <summary>Prefixes that GRUB puts before the string that it measures (grub-core/commands/tpm.c).</summary>
    private static readonly byte[] PrintableBytes = [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (byte)c)];
    private static readonly SearchValues<byte> Printable = SearchValues.Create(PrintableBytes);
    private static readonly SearchValues<byte> PrintableLines = SearchValues.Create([.. PrintableBytes, (byte)'\t', (byte)'\n']);
    private static readonly string[] GrubPrefixes = ["grub_cmd: ", "kernel_cmdline: ", "module_cmdline: "];

    /// <param name="content">The part of the data that is measured for this type, where that is not all of it; empty otherwise.</param>
    public static string Describe(BootEvent entry, out ReadOnlyMemory<byte> content)
    {
        content = default;
        var data = entry.Data;
        var text = entry.Type switch
        {
            EventType.NoAction => NoAction(data.Span),
            EventType.Separator => Separator(data.Span),
            EventType.CrtmVersion => Utf16(data.Span),
            EventType.Action or EventType.EfiAction or EventType.CompactHash => Ascii(data.Span),
            EventType.Ipl => Ipl(data, out content),
            EventType.EventTag => Tag(data, out content),
            EventType.EfiVariableDriverConfig or EventType.EfiVariableBoot or EventType.EfiVariableBoot2 or EventType.EfiVariableAuthority
                => EfiVariable.TryRead(data, out var variable) ? Variable(variable, out content) : null,
            EventType.EfiBootServicesApplication or EventType.EfiBootServicesDriver or EventType.EfiRuntimeServicesDriver => Image(data.Span),
            EventType.EfiPlatformFirmwareBlob => Blob(data.Span),
            EventType.EfiPlatformFirmwareBlob2 => Blob2(data.Span),
            EventType.EfiGptEvent => Gpt(data.Span),
            _ => Ascii(data.Span),
        };
        return text ?? Bytes(data.Span);
    }

    private static string Variable(EfiVariable variable, out ReadOnlyMemory<byte> content)
    {
        content = variable.Data;
        return variable.ToString();
    }

    private static string? NoAction(ReadOnlySpan<byte> data) => data.Length >= 16 ? Ascii(data[..16]) : null;

    /// <summary>Between what the firmware measured and what comes after it: no bits or all of them, and 1 after an error (Platform Firmware Profile, 10.4.1).</summary>
    private static string? Separator(ReadOnlySpan<byte> data) => data.Length != sizeof(uint) ? null : BinaryPrimitives.ReadUInt32LittleEndian(data) switch
    {
        0 or uint.MaxValue => "end of what the firmware measured",
        1 => "the firmware met an error",
        _ => null,
    };

    /// <summary>EFI_PLATFORM_FIRMWARE_BLOB: base and length.</summary>
    private static string? Blob(ReadOnlySpan<byte> data) => data.Length != 2 * sizeof(ulong) ? null : string.Create(
        CultureInfo.InvariantCulture,
        $"firmware at 0x{BinaryPrimitives.ReadUInt64LittleEndian(data):x}, {BinaryPrimitives.ReadUInt64LittleEndian(data[8..])} bytes");

    /// <summary>UEFI_PLATFORM_FIRMWARE_BLOB2: a description, base and length.</summary>
    private static string? Blob2(ReadOnlySpan<byte> data)
    {
        var length = data.IsEmpty ? 0 : data[0];
        return data.Length == 1 + length + (2 * sizeof(ulong)) && Ascii(data.Slice(1, length)) is { } name ? $"{name}, {Blob(data[(1 + length)..])}" : null;
    }

    /// <summary>UEFI_IMAGE_LOAD_EVENT: where it was loaded, and the device path that it came from.</summary>
    private static string? Image(ReadOnlySpan<byte> data)
    {
        const int headerSize = 4 * sizeof(ulong);
        if (data.Length < headerSize)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadUInt64LittleEndian(data[8..]);
        var pathSize = BinaryPrimitives.ReadUInt64LittleEndian(data[24..]);
        return pathSize != (ulong)(data.Length - headerSize) ? null
            : pathSize == 0 ? $"image of {length} bytes, from memory"
            : DevicePath.Describe(data[headerSize..]) is { } path ? $"{path}, {length} bytes" : null;
    }

    /// <summary>UEFI_GPT_DATA: the disk's header and its partitions that are in use.</summary>
    private static string? Gpt(ReadOnlySpan<byte> data)
    {
        const int headerSize = 92;
        const int diskGuidOffset = 56;
        return data.Length >= headerSize + sizeof(ulong) && data.StartsWith("EFI PART"u8)
            ? $"disk {new Guid(data.Slice(diskGuidOffset, 16))}, {BinaryPrimitives.ReadUInt64LittleEndian(data[headerSize..])} partitions"
            : null;
    }

    /// <summary>Text of a boot loader: GRUB and shim write ASCII, systemd-boot and its stub UTF-16.</summary>
    private static string? Ipl(ReadOnlyMemory<byte> data, out ReadOnlyMemory<byte> content)
    {
        content = default;
        // A menu entry is one command of several lines.
        if (Text(data.Span, PrintableLines) is not { } text)
        {
            return Utf16(data.Span);
        }

        foreach (var prefix in GrubPrefixes)
        {
            if (text.StartsWith(prefix, StringComparison.Ordinal))
            {
                content = data[prefix.Length..].TrimEnd((byte)0);
            }
        }

        // shim and others measure a string without the NUL that the log has.
        if (content.IsEmpty)
        {
            content = data.TrimEnd((byte)0);
        }

        return text;
    }

    /// <summary>TCG_PCClientTaggedEvent, as the kernel's EFI stub writes it (drivers/firmware/efi/libstub/efi-stub-helper.c).</summary>
    private static string? Tag(ReadOnlyMemory<byte> data, out ReadOnlyMemory<byte> content)
    {
        content = default;
        if (data.Length < 2 * sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(data.Span[4..]) > data.Length - (2 * sizeof(uint)))
        {
            return null;
        }

        var id = BinaryPrimitives.ReadUInt32LittleEndian(data.Span);
        content = data.Slice(2 * sizeof(uint), (int)BinaryPrimitives.ReadUInt32LittleEndian(data.Span[4..]));
        var text = Ascii(content.Span) ?? Utf16(content.Span) ?? Bytes(content.Span);
        return id switch
        {
            LinuxInitrdTag => $"initrd by the kernel's EFI stub: {text}",
            LinuxLoadOptionsTag => $"load options by the kernel's EFI stub: {text}",
            _ => $"tag 0x{id:x8}: {text}",
        };
    }

    internal static string? Ascii(ReadOnlySpan<byte> data) => Text(data, Printable);

    private static string? Text(ReadOnlySpan<byte> data, SearchValues<byte> allowed)
    {
        data = data.TrimEnd((byte)0);
        return data.IsEmpty || data.Length > MaximumTextChars || data.ContainsAnyExcept(allowed) ? null : Encoding.ASCII.GetString(data);
    }

    /// <summary>Only of Latin letters: two bytes of anything else are some character, too.</summary>
    internal static string? Utf16(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty || data.Length % 2 != 0 || data.Length > 2 * MaximumTextChars)
        {
            return null;
        }

        var text = Encoding.Unicode.GetString(data).TrimEnd('\0');
        return text.Length > 0 && text.All(static c => c is >= ' ' and <= LastLatin and not (>= '\x7f' and < '\xa0')) ? text : null;
    }

    internal static string Bytes(ReadOnlySpan<byte> data) => data.IsEmpty ? string.Empty
        : data.Length <= MaximumShownBytes ? Convert.ToHexStringLower(data)
        : $"{Convert.ToHexStringLower(data[..MaximumShownBytes])}... ({data.Length} bytes)";
}
