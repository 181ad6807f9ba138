using System.Globalization;

namespace GuestTune.MeasuredBoot.EventLog;

/// <summary>Names of event types (TCG PC Client Platform Firmware Profile 1.06, table 27, and 10.4). A type is only what somebody wrote down: it is not measured.</summary>
public static class EventType
{
    public const uint NoAction = 0x3;
    public const uint Separator = 0x4;
    public const uint Action = 0x5;
    public const uint EventTag = 0x6;
    public const uint CrtmVersion = 0x8;
    public const uint CompactHash = 0xC;
    public const uint Ipl = 0xD;
    public const uint EfiVariableDriverConfig = 0x80000001;
    public const uint EfiVariableBoot = 0x80000002;
    public const uint EfiBootServicesApplication = 0x80000003;
    public const uint EfiBootServicesDriver = 0x80000004;
    public const uint EfiRuntimeServicesDriver = 0x80000005;
    public const uint EfiGptEvent = 0x80000006;
    public const uint EfiAction = 0x80000007;
    public const uint EfiPlatformFirmwareBlob = 0x80000008;
    public const uint EfiPlatformFirmwareBlob2 = 0x8000000A;
    public const uint EfiVariableBoot2 = 0x8000000C;
    public const uint EfiVariableAuthority = 0x800000E0;

    public static string NameOf(uint type) => type switch
    {
        0x0 => "EV_PREBOOT_CERT",
        0x1 => "EV_POST_CODE",
        0x2 => "EV_UNUSED",
        NoAction => "EV_NO_ACTION",
        Separator => "EV_SEPARATOR",
        Action => "EV_ACTION",
        EventTag => "EV_EVENT_TAG",
        0x7 => "EV_S_CRTM_CONTENTS",
        CrtmVersion => "EV_S_CRTM_VERSION",
        0x9 => "EV_CPU_MICROCODE",
        0xA => "EV_PLATFORM_CONFIG_FLAGS",
        0xB => "EV_TABLE_OF_DEVICES",
        CompactHash => "EV_COMPACT_HASH",
        Ipl => "EV_IPL",
        0xE => "EV_IPL_PARTITION_DATA",
        0xF => "EV_NONHOST_CODE",
        0x10 => "EV_NONHOST_CONFIG",
        0x11 => "EV_NONHOST_INFO",
        0x12 => "EV_OMIT_BOOT_DEVICE_EVENTS",
        0x13 => "EV_POST_CODE2",
        0x80000000 => "EV_EFI_EVENT_BASE",
        EfiVariableDriverConfig => "EV_EFI_VARIABLE_DRIVER_CONFIG",
        EfiVariableBoot => "EV_EFI_VARIABLE_BOOT",
        EfiBootServicesApplication => "EV_EFI_BOOT_SERVICES_APPLICATION",
        EfiBootServicesDriver => "EV_EFI_BOOT_SERVICES_DRIVER",
        EfiRuntimeServicesDriver => "EV_EFI_RUNTIME_SERVICES_DRIVER",
        EfiGptEvent => "EV_EFI_GPT_EVENT",
        EfiAction => "EV_EFI_ACTION",
        EfiPlatformFirmwareBlob => "EV_EFI_PLATFORM_FIRMWARE_BLOB",
        0x80000009 => "EV_EFI_HANDOFF_TABLES",
        EfiPlatformFirmwareBlob2 => "EV_EFI_PLATFORM_FIRMWARE_BLOB2",
        0x8000000B => "EV_EFI_HANDOFF_TABLES2",
        EfiVariableBoot2 => "EV_EFI_VARIABLE_BOOT2",
        0x8000000D => "EV_EFI_GPT_EVENT2",
        0x80000010 => "EV_EFI_HCRTM_EVENT",
        EfiVariableAuthority => "EV_EFI_VARIABLE_AUTHORITY",
        0x800000E1 => "EV_EFI_SPDM_FIRMWARE_BLOB",
        0x800000E2 => "EV_EFI_SPDM_FIRMWARE_CONFIG",
        0x800000E3 => "EV_EFI_SPDM_DEVICE_POLICY",
        0x800000E4 => "EV_EFI_SPDM_DEVICE_AUTHORITY",
        _ => "0x" + type.ToString("x8", CultureInfo.InvariantCulture),
    };
}
