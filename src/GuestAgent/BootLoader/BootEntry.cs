namespace GuestTune.Agent.BootLoader;

/// <summary>One entry of the boot menu that starts a Linux kernel.</summary>
/// <param name="Id">As the boot loader's configuration names it; the title where it has none.</param>
/// <param name="Source">The file that it stands in.</param>
/// <param name="Kernel">Path of the kernel as the boot loader sees it.</param>
/// <param name="CommandLine">As the kernel will get it, with the boot loader's variables put in.</param>
/// <param name="IsRecovery">A way out when the others do not boot: left as it is.</param>
internal sealed record BootEntry(string Id, string Title, string Source, string Kernel, string CommandLine, bool IsRecovery)
{
    private const string KernelPrefix = "vmlinuz-";

    /// <summary>The kernel's release where its path tells: /boot/vmlinuz-RELEASE, or MACHINE/RELEASE/linux of kernel-install.</summary>
    public string Release => Kernel.LastIndexOf(KernelPrefix, StringComparison.Ordinal) is >= 0 and var at ? Kernel[(at + KernelPrefix.Length)..]
        : Kernel.Split('/') is [.., var directory, "linux"] ? directory
        : Kernel;
}
