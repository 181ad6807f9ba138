using System.CommandLine;

namespace GuestTune.Testing.Commands;

/// <summary>Options that several commands have.</summary>
internal static class SharedOptions
{
    public static Option<DirectoryInfo> Folder() => new("--dir")
    {
        Description = "Folder of the VMs' sockets and logs; its path must be short, since socket paths end at 107 bytes.",
        Required = true,
    };

    public static Option<bool> Disk() => new("--disk")
    {
        Description = "The Debian guest on a disk, with EFI, grub and systemd; needs root and minutes when it is built for the first time.",
    };

    public static Option<string> Tpm() => OneOf("--tpm", "A TPM 2.0, by the way in which the guest sees it; guests in memory then have EFI firmware, which measures.", ["crb", "tis"]);

    public static Option<string> Loader() => OneOf(
        "--loader", "What starts the kernel of a guest on a disk: grub's linux (no event log; so it is without this option), its linuxefi, or a signed chain.",
        ["linux", "linuxefi", "secure-boot"]);

    public static Option<string> Kernel()
    {
        var option = new Option<string>("--kernel")
        {
            Description = "Kernel of the guests.",
            DefaultValueFactory = _ => KernelFlavour.WithHaltpoll.Id,
        };
        return option.AcceptOnlyFromAmong([.. KernelFlavour.All.Select(f => f.Id)]);
    }

    private static Option<string> OneOf(string name, string description, string[] values) =>
        new Option<string>(name) { Description = description }.AcceptOnlyFromAmong(values);
}
