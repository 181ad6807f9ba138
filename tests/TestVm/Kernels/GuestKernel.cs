namespace GuestTune.Testing;

/// <summary>A kernel with the few modules that a test guest loads, unpacked from Debian's package.</summary>
public sealed record GuestKernel(KernelFlavour Flavour, string Folder)
{
    private const string MetaPackage = "linux-image-cloud-amd64";

    public string Image => Path.Combine(Folder, "vmlinuz");

    public string ModulePath(string module) => Path.Combine(Folder, Path.GetFileName(module).Replace(".xz", "", StringComparison.Ordinal));

    internal static async Task<GuestKernel> GetAsync(KernelFlavour flavour, BuildCache cache, CancellationToken cancellationToken) =>
        new(flavour, await cache.GetOrMakeAsync(
            "kernel", flavour.Id, keep: KernelFlavour.All.Count, (folder, ct) => FetchAsync(flavour, folder, ct), cancellationToken));

    private static async Task FetchAsync(KernelFlavour flavour, string folder, CancellationToken cancellationToken)
    {
        var scratch = Path.Combine(folder, "scratch");
        var view = await AptView.OpenAsync(flavour.Suite, scratch, cancellationToken);
        var package = await view.ResolveMetaPackageAsync(MetaPackage, "linux-image-", cancellationToken);
        var tree = Path.Combine(scratch, "tree");
        await view.UnpackAsync(package, tree, cancellationToken);

        var release = package["linux-image-".Length..];
        File.Move(Path.Combine(tree, "boot", "vmlinuz-" + release), Path.Combine(folder, "vmlinuz"));
        foreach (var module in flavour.Modules)
        {
            var source = Path.Combine(tree, "lib/modules", release, "kernel/drivers", module);
            if (source.EndsWith(".xz", StringComparison.Ordinal))
            {
                (await HostCommand.RunAsync("xz", ["-d", source], cancellationToken: cancellationToken)).ThrowIfFailed($"xz -d {source}");
                source = source[..^".xz".Length];
            }

            File.Move(source, Path.Combine(folder, Path.GetFileName(source)));
        }

        Directory.Delete(scratch, recursive: true);
    }
}
