namespace GuestTune.Testing;

/// <summary>The programs of other projects that a guest has beside the agent.</summary>
/// <param name="Busybox">Its shell and tools, static.</param>
/// <param name="SystemdTmpfiles">What a distribution applies tmpfiles.d with when it boots: the real one, not an imitation.</param>
/// <param name="QemuGuestAgent">Not set where it is not installed: only measurements beside it need it.</param>
internal sealed record GuestPrograms(string Busybox, string SystemdTmpfiles, string? QemuGuestAgent)
{
    private const string TmpfilesPackage = "systemd-standalone-tmpfiles";

    public static async Task<GuestPrograms> GetAsync(BuildCache cache, CancellationToken cancellationToken)
    {
        var busybox = Find("/bin/busybox", "/usr/bin/busybox")
            ?? throw new TestVmException("There is no /bin/busybox: install the Debian package busybox-static.");
        var tmpfiles = await cache.GetOrMakeAsync("programs", TmpfilesPackage, keep: 1, FetchTmpfilesAsync, cancellationToken);
        return new GuestPrograms(busybox, Path.Combine(tmpfiles, "systemd-tmpfiles"), Find("/usr/sbin/qemu-ga"));
    }

    private static string? Find(params string[] paths) => paths.FirstOrDefault(File.Exists);

    private static async Task FetchTmpfilesAsync(string folder, CancellationToken cancellationToken)
    {
        var scratch = Path.Combine(folder, "scratch");
        var view = await AptView.OpenAsync(KernelFlavour.WithoutHaltpoll.Suite, scratch, cancellationToken);
        await view.UnpackAsync(TmpfilesPackage, Path.Combine(scratch, "tree"), cancellationToken);
        var program = Directory.GetFiles(scratch, "systemd-tmpfiles", SearchOption.AllDirectories)[0];
        File.Move(program, Path.Combine(folder, "systemd-tmpfiles"));
        Directory.Delete(scratch, recursive: true);
    }
}
