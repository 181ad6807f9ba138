namespace GuestTune.Testing;

/// <summary>How firmware and grub get a disk guest to its kernel, and so whether the firmware's log of it gets there, too.</summary>
public enum BootPath
{
    /// <summary>grub's "linux", as Debian does it: the kernel is not told of the log.</summary>
    Linux = 0,

    /// <summary>grub's "linuxefi", which Red Hat and its kin had their generator write: the kernel's EFI stub takes the log along.</summary>
    LinuxEfi = 1,

    /// <summary>Firmware with Secure Boot, shim and grub as Debian has them signed.</summary>
    SecureBoot = 2,
}
