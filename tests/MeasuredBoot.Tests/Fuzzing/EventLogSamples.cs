using System.Buffers.Binary;
using System.Text;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.Tests.Fuzzing;

/// <summary>Logs with what the recorded ones have not: an event of every kind that is decoded, and the old format.</summary>
internal static class EventLogSamples
{
    private static readonly Guid GlobalVariable = new("8be4df61-93ca-11d2-aa0d-00e098032b8c");

    /// <summary>Nodes of device paths, heads of structures, and texts that decoders look for.</summary>
    public static IReadOnlyList<byte[]> Words { get; } =
    [
        [0, 0, 4, 0], [2, 1, 12, 0, 0xD0, 0x41, 3, 0x0A, 0, 0, 0, 0], [0x7F, 0xFF, 4, 0], [4, 4, 8, 0, (byte)'a', 0, 0, 0],
        "Spec ID Event03\0"u8.ToArray(), "StartupLocality\0\u0003"u8.ToArray(), "kernel_cmdline: "u8.ToArray(), Encoding.Unicode.GetBytes("Boot0000"),
        .. Data.Select(static d => Event(4, d.Type, d.Data)),
    ];

    private static (uint Type, byte[] Data)[] Data =>
    [
        (EventType.NoAction, "StartupLocality\0\u0003"u8.ToArray()),
        (EventType.Separator, [0, 0, 0, 0]),
        (EventType.CrtmVersion, Encoding.Unicode.GetBytes("1.0\0")),
        (EventType.Action, "Calling INT 19h"u8.ToArray()),
        (EventType.Ipl, "kernel_cmdline: /vmlinuz root=/dev/vda ro\0"u8.ToArray()),
        (EventType.Ipl, Encoding.Unicode.GetBytes("root=/dev/vda\0")),
        (EventType.EventTag, [0xED, 0x22, 0x3B, 0x8F, 6, 0, 0, 0, .. Encoding.Unicode.GetBytes("ro\0")]),
        (EventType.EfiVariableDriverConfig, Variable("SecureBoot", [1])),
        (EventType.EfiVariableBoot, Variable("BootOrder", [0, 0, 1, 0])),
        (EventType.EfiVariableBoot2, Variable("Boot0000", [1, 0, 0, 0, (byte)DevicePath.Length, 0, .. Encoding.Unicode.GetBytes("disk\0"), .. DevicePath])),
        (EventType.EfiBootServicesApplication, [.. new byte[8], 0, 0x10, .. new byte[14], (byte)DevicePath.Length, .. new byte[7], .. DevicePath]),
        (EventType.EfiPlatformFirmwareBlob, new byte[16]),
        (EventType.EfiPlatformFirmwareBlob2, [4, .. "PEIM"u8, .. new byte[16]]),
        (EventType.EfiGptEvent, [.. "EFI PART"u8, .. new byte[92]]),
        (0x12345678, "?"u8.ToArray()),
    ];

    private static byte[] DevicePath =>
    [
        2, 1, 12, 0, 0xD0, 0x41, 3, 0x0A, 0, 0, 0, 0, 1, 1, 6, 0, 2, 3, 3, 18, 10, 0, 0, 0, 0xFF, 0xFF, 0, 0, 4, 1, 42, 0, 1, .. new byte[35], 2, 2,
        4, 4, 18, 0, .. Encoding.Unicode.GetBytes(@"\BOOT\\"), 0x7F, 0xFF, 4, 0,
    ];

    public static byte[] OfEveryKind() => Of(Data.Select(static d => (4, d.Type, d.Data)));

    public static byte[] Of(IEnumerable<(int Pcr, uint Type, byte[] Data)> events) => [.. Header(), .. events.SelectMany(static e => Event((uint)e.Pcr, e.Type, e.Data))];

    public static byte[] OfSha1Alone() => [.. Data.SelectMany(static d => Sha1Event(4, d.Type, d.Data))];

    private static byte[] Event(uint pcr, uint type, byte[] data) =>
        [.. Number(pcr), .. Number(type), .. Number(1), (byte)TpmAlgorithm.Sha256, 0, .. PcrBank.Sha256.Hash(data), .. Number((uint)data.Length), .. data];

    private static byte[] Sha1Event(uint pcr, uint type, byte[] data) => [.. Number(pcr), .. Number(type), .. PcrBank.Sha1.Hash(data), .. Number((uint)data.Length), .. data];

    private static byte[] Header() => Sha1Event(
        0, EventType.NoAction, [.. "Spec ID Event03\0"u8, 0, 0, 0, 0, 0, 2, 0, 2, .. Number(1), (byte)TpmAlgorithm.Sha256, 0, (byte)PcrBank.Sha256.DigestSizeBytes, 0, 0]);

    private static byte[] Variable(string name, byte[] data) =>
        [.. GlobalVariable.ToByteArray(), .. Number((uint)name.Length), 0, 0, 0, 0, .. Number((uint)data.Length), 0, 0, 0, 0, .. Encoding.Unicode.GetBytes(name), .. data];

    private static byte[] Number(uint value)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
