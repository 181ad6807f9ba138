using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace GuestTune.MeasuredBoot.EventLog;

/// <summary>A UEFI device path as text (UEFI 2.10, 10.3 and 10.6), as far as virtual machines have such nodes.</summary>
internal static class DevicePath
{
    private const int HeaderSizeBytes = 4;
    private const byte EndType = 0x7F;

    /// <summary>A disk behind a bridge takes six; a path of thousands is none, and would be long to read.</summary>
    private const int MaximumNodes = 32;

    /// <returns>Null where the bytes are no device path.</returns>
    public static string? Describe(ReadOnlySpan<byte> path)
    {
        var text = new StringBuilder();
        for (var nodes = 0; nodes <= MaximumNodes && path.Length >= HeaderSizeBytes; nodes++)
        {
            var (type, subtype, length) = (path[0], path[1], BinaryPrimitives.ReadUInt16LittleEndian(path[2..]));
            if (length < HeaderSizeBytes || length > path.Length)
            {
                return null;
            }

            if (type == EndType)
            {
                return text.ToString();
            }

            var node = Node(type, subtype, path[HeaderSizeBytes..length]) ?? $"Path({type},{subtype},{EventDecoder.Bytes(path[HeaderSizeBytes..length])})";
            text.Append(text.Length > 0 ? "/" : string.Empty).Append(node);
            path = path[length..];
        }

        return null;
    }

    private static string? Node(byte type, byte subtype, ReadOnlySpan<byte> data) => (type, subtype) switch
    {
        (1, 1) when data.Length == 2 => $"Pci(0x{data[1]:x},0x{data[0]:x})",
        (1, 4) when data.Length >= 16 => $"VenHw({new Guid(data[..16])})",
        (2, 1) when data.Length == 8 => Acpi(data),
        (3, 2) when data.Length == 4 => $"Scsi({BinaryPrimitives.ReadUInt16LittleEndian(data)},{BinaryPrimitives.ReadUInt16LittleEndian(data[2..])})",
        (3, 11) when data.Length >= 6 => $"MAC({Convert.ToHexStringLower(data[..6])})",
        (3, 12) when data.Length >= 8 => "IPv4",
        (3, 13) when data.Length >= 8 => "IPv6",
        (3, 18) when data.Length == 6 => $"Sata({BinaryPrimitives.ReadUInt16LittleEndian(data)})",
        (3, 23) when data.Length >= 4 => $"NVMe({BinaryPrimitives.ReadUInt32LittleEndian(data)})",
        (4, 1) when data.Length == 38 => HardDrive(data),
        (4, 3) when data.Length >= 16 => $"VenMedia({new Guid(data[..16])})",
        (4, 4) => EventDecoder.Utf16(data),
        (4, 6) when data.Length == 16 => $"FvFile({new Guid(data)})",
        (4, 7) when data.Length == 16 => $"Fv({new Guid(data)})",
        _ => null,
    };

    private static string Acpi(ReadOnlySpan<byte> data)
    {
        var (hid, uid) = (BinaryPrimitives.ReadUInt32LittleEndian(data), BinaryPrimitives.ReadUInt32LittleEndian(data[4..]));
        return (hid >> 16) switch
        {
            0x0A03 => $"PciRoot(0x{uid:x})",
            0x0A08 => $"PcieRoot(0x{uid:x})",
            _ => $"Acpi(0x{hid:x},0x{uid:x})",
        };
    }

    private static string HardDrive(ReadOnlySpan<byte> data)
    {
        const byte gptSignature = 2;
        var partition = BinaryPrimitives.ReadUInt32LittleEndian(data).ToString(CultureInfo.InvariantCulture);
        return data[37] == gptSignature ? $"HD({partition},GPT,{new Guid(data.Slice(20, 16))})" : $"HD({partition},MBR)";
    }
}
