namespace GuestTune.Testing;

/// <summary>Which of the Debian guests on a disk: how it gets to its kernel, and the TPM that measures that.</summary>
public sealed record DiskKind(BootPath Path, TpmModel Tpm)
{
    public static DiskKind Plain { get; } = new(BootPath.Linux, TpmModel.None);

    /// <summary>PCRs, but no log.</summary>
    public static DiskKind Linux { get; } = new(BootPath.Linux, TpmModel.Tis);

    public static DiskKind LinuxEfi { get; } = new(BootPath.LinuxEfi, TpmModel.Crb);

    public static DiskKind SecureBoot { get; } = new(BootPath.SecureBoot, TpmModel.Crb);

    public static IReadOnlyList<DiskKind> Measured { get; } = [Linux, LinuxEfi, SecureBoot];

    public string Id => $"{Path}-{Tpm}".ToLowerInvariant();

    internal Firmware Firmware => Path == BootPath.SecureBoot ? Firmware.SecureBoot : Firmware.Ovmf;

    /// <summary>What root does in the plain guest to make it one of this kind.</summary>
    internal string Preparation => Path switch
    {
        // As update-grub makes grub.cfg from the patched generator, without its 20 seconds.
        BootPath.LinuxEfi => @"sed -i -E 's/^(\t+)(linux|initrd)\t/\1\2efi\t/' /etc/grub.d/10_linux /boot/grub/grub.cfg",
        // As grub-install --removable does.
        BootPath.SecureBoot =>
            "cd /boot/efi/EFI/BOOT && cp /usr/lib/shim/shimx64.efi.signed BOOTX64.EFI && cp /usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed grubx64.efi",
        _ => "true",
    };
}
