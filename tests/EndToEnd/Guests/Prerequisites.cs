namespace GuestTune.EndToEnd.Guests;

/// <summary>What a machine needs for guests; a test says what is missing instead of failing.</summary>
internal static class Prerequisites
{
    private static readonly (string Program, string Package)[] Needed =
        [("qemu-system-x86_64", "qemu-system-x86"), ("busybox", "busybox-static"), ("mke2fs", "e2fsprogs"), ("xz", "xz-utils")];

    public static void SkipIfMissing()
    {
        var missing = Needed.Where(n => !IsInPath(n.Program)).Select(n => n.Package).ToList();
        Assert.SkipWhen(missing.Count > 0, $"needs these Debian packages: {string.Join(' ', missing)}");
    }

    private static bool IsInPath(string program) => (Environment.GetEnvironmentVariable("PATH") + ":/sbin:/usr/sbin")
        .Split(':')
        .Any(folder => File.Exists(Path.Combine(folder, program)));
}
