namespace GuestTune.Testing;

/// <summary>
/// One Debian suite seen through this machine's own mirror, keys and proxy, with lists and cache of its own: the machine's apt is
/// neither asked about the suite nor changed.
/// </summary>
internal sealed class AptView
{
    private readonly string _folder;

    private AptView(string folder) => _folder = folder;

    /// <param name="architecture">Whose packages; otherwise this machine's.</param>
    public static async Task<AptView> OpenAsync(string suite, string folder, CancellationToken cancellationToken, string? architecture = null)
    {
        var source = FindDebianArchive(AptSourceParser.ReadAll());
        Directory.CreateDirectory(Path.Combine(folder, "lists/partial"));
        Directory.CreateDirectory(Path.Combine(folder, "archives/partial"));
        await File.WriteAllTextAsync(Path.Combine(folder, "view.sources"), source.ToDeb822(suite), cancellationToken);
        // The machine's hooks are for the machine's own lists and packages.
        await File.WriteAllTextAsync(
            Path.Combine(folder, "view.conf"),
            $"""
            #clear APT::Update;
            #clear DPkg::Post-Invoke;
            Dir::Etc::sourcelist "{folder}/view.sources";
            Dir::Etc::sourceparts "/nonexistent";
            Dir::State::lists "{folder}/lists";
            Dir::Cache "{folder}";
            APT::Sandbox::User "";

            """ + (architecture is null ? "" : ForeignArchitecture(folder, architecture)),
            cancellationToken);
        var view = new AptView(folder);
        (await view.RunAsync("apt-get", ["update", "-q"], cancellationToken)).ThrowIfFailed($"apt-get update for {suite}");
        return view;
    }

    /// <summary>The name of the package that a meta package stands for.</summary>
    public async Task<string> ResolveMetaPackageAsync(string package, string prefix, CancellationToken cancellationToken)
    {
        var depends = await RunAsync("apt-cache", ["depends", package], cancellationToken);
        return depends.Output.Split('\n')
            .Select(l => l.Trim())
            .Where(l => l.StartsWith("Depends: " + prefix, StringComparison.Ordinal))
            .Select(l => l["Depends: ".Length..])
            .FirstOrDefault()
            ?? throw new TestVmException($"The package '{package}' depends on no '{prefix}…': {depends.Output}{depends.Error}");
    }

    /// <summary>Downloads a package and unpacks it into <paramref name="target"/>, without installing it.</summary>
    public async Task UnpackAsync(string package, string target, CancellationToken cancellationToken)
    {
        (await RunAsync("apt-get", ["download", "-q", package], cancellationToken)).ThrowIfFailed($"apt-get download {package}");
        var file = Directory.GetFiles(_folder, package + "_*.deb").Single();
        (await HostCommand.RunAsync("dpkg", ["-x", file, target], cancellationToken: cancellationToken)).ThrowIfFailed($"dpkg -x {file}");
        File.Delete(file);
    }

    /// <summary>The source of the release that this machine runs, not that of its security updates or of other vendors.</summary>
    internal static AptSource FindDebianArchive(IReadOnlyList<AptSource> sources)
    {
        string[] releases = ["bookworm", "trixie", "forky", "sid", "stable", "testing", "unstable", "oldstable"];
        return sources.FirstOrDefault(s => s.Suites.Any(releases.Contains))
            ?? throw new TestVmException(
                "The kernels of the test guests come from Debian, and no source in /etc/apt/sources.list or /etc/apt/sources.list.d "
                + $"names a Debian release ({string.Join(", ", releases)}).");
    }

    // What is installed on this machine says nothing about packages of another kind of machine.
    private static string ForeignArchitecture(string folder, string architecture)
    {
        File.WriteAllText(Path.Combine(folder, "status"), "");
        return $"""
            #clear APT::Architectures;
            APT::Architecture "{architecture}";
            APT::Architectures "{architecture}";
            Dir::State::status "{folder}/status";

            """;
    }

    private Task<CommandResult> RunAsync(string program, string[] arguments, CancellationToken cancellationToken) =>
        HostCommand.RunAsync(program, ["-c", Path.Combine(_folder, "view.conf"), .. arguments], _folder, cancellationToken: cancellationToken);
}
