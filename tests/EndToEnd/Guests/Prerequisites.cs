namespace GuestTune.EndToEnd.Guests;

/// <summary>What a machine needs for guests; a test says what is missing instead of failing.</summary>
internal static class Prerequisites
{
    private static readonly (string Program, string Package)[] Needed =
        [("qemu-system-x86_64", "qemu-system-x86"), ("busybox", "busybox-static"), ("mke2fs", "e2fsprogs"), ("xz", "xz-utils")];

    private static readonly (string Program, string Package)[] NeededForDisk =
    [
        .. Needed, ("qemu-img", "qemu-utils"), ("mmdebstrap", "mmdebstrap"), ("sfdisk", "fdisk"), ("mkfs.vfat", "dosfstools"),
        ("mcopy", "mtools"), ("../share/OVMF/OVMF_CODE_4M.fd", "ovmf"),
    ];

    public static void SkipIfMissing() => SkipIfMissing(Needed);

    public static void SkipIfTpmMissing() => SkipIfMissing([.. Needed, ("swtpm", "swtpm"), ("tpm2_checkquote", "tpm2-tools"), ("../share/OVMF/OVMF_CODE_4M.fd", "ovmf")]);

    public static void SkipIfAarch64Missing() => SkipIfMissing([("qemu-system-aarch64", "qemu-system-arm")]);

    public static void SkipIfDiskMissing()
    {
        SkipIfMissing(NeededForDisk);
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: the disk guest's files belong to users of the guest");
    }

    private static void SkipIfMissing((string Program, string Package)[] needed)
    {
        var missing = needed.Where(n => !IsInPath(n.Program)).Select(n => n.Package).ToList();
        Assert.SkipWhen(missing.Count > 0, $"needs these Debian packages: {string.Join(' ', missing)}");
    }

    private static bool IsInPath(string program) => (Environment.GetEnvironmentVariable("PATH") + ":/sbin:/usr/sbin")
        .Split(':')
        .Any(folder => File.Exists(Path.Combine(folder, program)));
}
