using System.Buffers.Binary;
using System.Text;

namespace GuestTune.MeasuredBoot.EventLog;

/// <summary>A UEFI variable as it was measured: UEFI_VARIABLE_DATA (TCG PC Client Platform Firmware Profile 1.06, 10.2.6).</summary>
internal sealed record EfiVariable(Guid Vendor, string Name, ReadOnlyMemory<byte> Data)
{
    private const int HeaderSizeBytes = 16 + (2 * sizeof(ulong));
    private const int MaximumNameChars = 256;
    private const int LoadOptionHeaderSizeBytes = sizeof(uint) + sizeof(ushort);
    private static readonly Guid Global = new("8be4df61-93ca-11d2-aa0d-00e098032b8c");

    public static bool TryRead(ReadOnlyMemory<byte> data, out EfiVariable variable)
    {
        variable = null!;
        if (data.Length < HeaderSizeBytes)
        {
            return false;
        }

        var nameChars = BinaryPrimitives.ReadUInt64LittleEndian(data.Span[16..]);
        var dataSize = BinaryPrimitives.ReadUInt64LittleEndian(data.Span[24..]);
        var rest = data[HeaderSizeBytes..];
        if (nameChars > MaximumNameChars || nameChars * 2 > (ulong)rest.Length || dataSize != (ulong)rest.Length - (nameChars * 2))
        {
            return false;
        }

        var name = Encoding.Unicode.GetString(rest.Span[..(int)(nameChars * 2)]);
        if (name.Any(static c => c is < ' ' or > '~'))
        {
            return false;
        }

        variable = new EfiVariable(new Guid(data.Span[..16]), name, rest[(int)(nameChars * 2)..]);
        return true;
    }

    public override string ToString()
    {
        var name = Vendor == Global ? Name : $"{Name} ({Vendor})";
        return $"{name} = {Value()}";
    }

    private string Value()
    {
        var data = Data.Span;
        switch (Name)
        {
            case "SecureBoot" or "AuditMode" or "DeployedMode" or "SetupMode" when data.Length == 1:
                return data[0] == 1 ? "on" : "off";
            case "BootOrder" when data.Length % 2 == 0 && data.Length > 0:
                var order = new List<string>();
                for (var i = 0; i < data.Length && i < 64; i += 2)
                {
                    order.Add(BinaryPrimitives.ReadUInt16LittleEndian(data[i..]).ToString("X4"));
                }

                return string.Join(", ", order);
            case { Length: 8 } when Name.StartsWith("Boot", StringComparison.Ordinal) && LoadOption(data) is { } option:
                return option;
            default:
                return data.IsEmpty ? "not set" : EventDecoder.Ascii(data) ?? EventDecoder.Bytes(data);
        }
    }

    /// <summary>EFI_LOAD_OPTION: attributes, size of the path, description, path (UEFI 2.10, 3.1.3).</summary>
    private static string? LoadOption(ReadOnlySpan<byte> data)
    {
        if (data.Length < LoadOptionHeaderSizeBytes)
        {
            return null;
        }

        var pathSize = BinaryPrimitives.ReadUInt16LittleEndian(data[sizeof(uint)..]);
        var rest = data[LoadOptionHeaderSizeBytes..];
        for (var end = 0; end + 1 < rest.Length; end += 2)
        {
            if (rest[end] == 0 && rest[end + 1] == 0)
            {
                var description = end == 0 ? string.Empty : EventDecoder.Utf16(rest[..end]);
                var path = rest[(end + 2)..];
                return description is not null && pathSize <= path.Length && DevicePath.Describe(path[..pathSize]) is { } text ? $"{description}: {text}" : description;
            }
        }

        return null;
    }
}
