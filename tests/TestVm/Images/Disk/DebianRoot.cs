namespace GuestTune.Testing;

/// <summary>Debian in a folder: packages with mmdebstrap, two kernels, and the files of Guest/Disk.</summary>
internal static class DebianRoot
{
    private const string KernelMetaPackage = "linux-image-cloud-amd64";

    private static string Files => Path.Combine(Repository.Root, "tests/TestVm/Guest/Disk");

    /// <summary>Everything of this repository that the root is made from.</summary>
    public static void AddTo(ContentKey key)
    {
        key.AddFile("console", Path.Combine(Files, "../console"));
        foreach (var file in Directory.EnumerateFiles(Files, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            key.AddFile(Path.GetRelativePath(Files, file), file);
        }
    }

    /// <summary>Makes <paramref name="root"/> and, with what its /boot held, <paramref name="boot"/>.</summary>
    public static async Task MakeAsync(string root, string boot, string scratch, CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new TestVmException("The disk guest's files belong to root and other users of the guest: only root can make them here.");
        }

        // Debian 12's kernel comes by its meta package, the backported one beside it by its own name, for another suite has that.
        var backports = KernelFlavour.WithHaltpoll.Suite;
        var view = await AptView.OpenAsync(backports, Path.Combine(scratch, "apt"), cancellationToken);
        var newerKernel = await view.ResolveMetaPackageAsync(KernelMetaPackage, "linux-image-", cancellationToken);
        var packages = (await File.ReadAllLinesAsync(Path.Combine(Files, "packages"), cancellationToken))
            .Where(l => l.Length > 0 && !l.StartsWith('#'))
            .Append(KernelMetaPackage)
            .Append(newerKernel);
        var release = KernelFlavour.WithoutHaltpoll.Suite;
        var sources = Path.Combine(scratch, "root.sources");
        await File.WriteAllTextAsync(
            sources, AptView.FindDebianArchive(AptSourceParser.ReadAll()).ToDeb822($"{release} {backports}"), cancellationToken);

        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ESP_UUID"] = DiskLayout.EspUuid, ["BOOT_UUID"] = DiskLayout.BootUuid, ["ROOT_UUID"] = DiskLayout.RootUuid,
        };
        string[] unwanted = ["man", "doc", "info", "locale"];
        string[] arguments =
        [
            "--variant=minbase", "--format=directory", "--mode=root", $"--include={string.Join(',', packages)}",
            "--aptopt=APT::Install-Recommends \"false\"",
            .. unwanted.Select(u => $"--dpkgopt=path-exclude=/usr/share/{u}/*"),
            $"--setup-hook=\"{Files}/setup\" \"$1\"", $"--customize-hook=\"{Files}/customize\" \"$1\"",
            release, root, sources,
        ];
        (await HostCommand.RunAsync("mmdebstrap", arguments, environment: environment, cancellationToken: cancellationToken))
            .ThrowIfFailed("mmdebstrap");
        Directory.Move(Path.Combine(root, "boot"), boot);
        Directory.CreateDirectory(Path.Combine(root, "boot"));
    }
}
