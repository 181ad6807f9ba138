using System.Reflection;
using System.Text.RegularExpressions;

namespace GuestTune.Testing;

/// <summary>Boots Debian 12's kernel for AArch64 under emulation and records what it says to its command line.</summary>
/// <remarks>
/// The agent is not in it: it is published for the architecture of this machine. What an agent would read there is recorded
/// instead, and its code is tested on that.
/// </remarks>
public static partial class Aarch64Guest
{
    private const string Program = "qemu-system-aarch64";
    private const string Architecture = "arm64";
    private const string KernelMetaPackage = "linux-image-cloud-arm64";
    private const int Executable = 0x1ED; // 0755
    private const int Readable = 0x1A4; // 0644

    private static readonly TimeSpan BootTimeout = TimeSpan.FromMinutes(6);

    public static async Task<Aarch64Record> BootAsync(string kernelArguments, CancellationToken cancellationToken = default)
    {
        var folder = await BuildAsync(cancellationToken);
        string[] arguments =
        [
            // pauth-impdef: without it each signed pointer costs a hash of the Arm specification, and a boot three times as long.
            "-machine", "virt", "-cpu", "max,pauth-impdef=on", "-accel", "tcg,thread=multi", "-smp", "2", "-m", "512",
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
            "-kernel", Path.Combine(folder, "vmlinuz"), "-initrd", Path.Combine(folder, "initramfs"),
            "-append", $"console=ttyAMA0 quiet panic=-1 {kernelArguments}".TrimEnd(),
        ];
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(BootTimeout);
        var run = await HostCommand.RunAsync(Program, arguments, cancellationToken: deadline.Token);
        var tree = RecordedTree().Match(run.Output);
        return tree.Success
            ? new Aarch64Record(Convert.FromBase64String(tree.Groups["base64"].Value))
            : throw new TestVmException($"The AArch64 guest has recorded nothing. {run.Error}\n{run.Output}");
    }

    /// <summary>Kernel and initramfs; made once.</summary>
    public static async Task<string> BuildAsync(CancellationToken cancellationToken = default)
    {
        using var key = new ContentKey();
        return await BuildCache.Default.GetOrMakeAsync("aarch64", key.Add(ReadInit()).ToString(), keep: 1, MakeAsync, cancellationToken);
    }

    private static async Task MakeAsync(string folder, CancellationToken cancellationToken)
    {
        var scratch = Path.Combine(folder, "scratch");
        var view = await AptView.OpenAsync(KernelFlavour.WithoutHaltpoll.Suite, scratch, cancellationToken, Architecture);
        var kernel = await view.ResolveMetaPackageAsync(KernelMetaPackage, "linux-image-", cancellationToken);
        var tree = Path.Combine(scratch, "tree");
        foreach (var package in new[] { kernel, "busybox-static", "base-files" })
        {
            await view.UnpackAsync(package, tree, cancellationToken);
        }

        File.Move(Directory.GetFiles(Path.Combine(tree, "boot"), "vmlinuz-*").Single(), Path.Combine(folder, "vmlinuz"));
        await using (var file = File.Create(Path.Combine(folder, "initramfs")))
        {
            using var archive = new CpioWriter(file);
            foreach (var path in (string[])["dev", "proc", "sys"])
            {
                archive.AddFolder(path);
            }

            archive.AddFile("init", ReadInit(), Executable);
            archive.AddFile("bin/busybox", await File.ReadAllBytesAsync(Path.Combine(tree, "bin/busybox"), cancellationToken), Executable);
            var config = Directory.GetFiles(Path.Combine(tree, "boot"), "config-*").Single();
            archive.AddFile("boot/" + Path.GetFileName(config), await File.ReadAllBytesAsync(config, cancellationToken), Readable);
            archive.AddFile("etc/os-release", await File.ReadAllBytesAsync(Path.Combine(tree, "usr/lib/os-release"), cancellationToken), Readable);
        }

        Directory.Delete(scratch, recursive: true);
    }

    private static byte[] ReadInit()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("init-aarch64")!;
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }

    [GeneratedRegex(@"^@tree\s+(?<base64>[A-Za-z0-9+/=\s]+?)\s+@end", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 120_000)]
    private static partial Regex RecordedTree();
}
