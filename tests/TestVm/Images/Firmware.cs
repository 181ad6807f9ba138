namespace GuestTune.Testing;

/// <summary>EFI firmware (OVMF): its code, the variables of a machine that is new, and what it wants of QEMU.</summary>
internal sealed record Firmware(string Code, string NewVariables, IReadOnlyList<string> Machine)
{
    public static Firmware Ovmf { get; } = new("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd", []);

    /// <summary>Secure Boot, with Microsoft's keys. Its variables are written in system management mode alone.</summary>
    public static Firmware SecureBoot { get; } = new(
        "/usr/share/OVMF/OVMF_CODE_4M.ms.fd", "/usr/share/OVMF/OVMF_VARS_4M.ms.fd",
        ["-machine", "smm=on", "-global", "driver=cfi.pflash01,property=secure,value=on"]);

    public IEnumerable<string> Arguments(VmFolder folder) =>
    [
        .. Machine,
        "-drive", $"if=pflash,unit=0,format=raw,readonly=on,file={Code}",
        "-drive", $"if=pflash,unit=1,format=raw,file={QemuArguments.Escape(folder.FirmwareVariables)}",
    ];
}
