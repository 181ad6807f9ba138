using GuestTune.Agent.Policy;

namespace GuestTune.Agent.KernelArguments;

/// <summary>
/// Arguments with which a host takes over the guest's start, its root file system or its protections. agent.conf has to name each one
/// that may be set; a pattern there does not reach them.
/// </summary>
internal static class DangerousArguments
{
    private static readonly NamePattern[] Patterns =
    [
        // Which program runs first, and to where.
        new("init"), new("rdinit"), new("initrd"), new("rd.*"), new("systemd.*"), new("single"), new("emergency"), new("rescue"), new("recovery"), new("s"), new("S"),
        new("0"), new("1"), new("2"), new("3"), new("4"), new("5"), new("6"), new("break"),

        // What is not for the kernel goes into the environment of that program, and its dynamic linker minds it there (init/main.c, unknown_bootoption).
        new("LD_*"), new("GLIBC_TUNABLES"), new("PATH"), new("SYSTEMD_*"),
        // From where a guest takes what to do when it boots: cloud-init (cloudinit/sources, cloudinit/cmd/main.py), Ignition.
        new("cloud-config-url"), new("url"), new("ds"), new("ci.*"), new("ignition.*"),
        // What is mounted.
        new("root"), new("rootflags"), new("rootfstype"), new("roothash"), new("usrhash"), new("mount.*"), new("fstab"), new("nfsroot"), new("ro"), new("rw"), new("resume"), new("luks*"), new("cryptdevice"), new("cryptopts"),

        // What keeps programs and modules in their bounds.
        new("selinux"), new("enforcing"), new("apparmor"), new("security"), new("lsm"), new("lockdown"), new("audit"), new("ima_*"), new("evm"), new("integrity_audit"), new("module.sig_enforce"), new("fips"),
    ];

    public static bool Contains(string key) => Array.Exists(Patterns, p => p.Matches(key));
}
