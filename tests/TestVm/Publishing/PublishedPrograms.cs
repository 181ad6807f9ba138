namespace GuestTune.Testing;

/// <summary>The product as a user gets it: published from this working copy, once for each state of its sources.</summary>
public static class PublishedPrograms
{
    /// <summary>A program to take in place of the published agent.</summary>
    public const string AgentVariable = "GUESTTUNE_AGENT";

    /// <summary>A program to take in place of the published CLI.</summary>
    public const string CliVariable = "GUESTTUNE_CLI";

    private const string Runtime = "linux-x64";
    private const int PublishedKept = 4;

    // MSBuild reads properties from the environment too: these choose what is compiled, so they belong to the key.
    private static readonly string[] BuildVariables =
        ["GrpcStack", "GrpcPackageVersion", "GrpcToolsVersion", "GoogleProtobufVersion", "RestoreAdditionalProjectSources"];

    public static Task<string> GetAgentAsync(CancellationToken cancellationToken = default) =>
        GetAsync("GuestAgent", "guesttune-agent", AgentVariable, cancellationToken);

    public static Task<string> GetCliAsync(CancellationToken cancellationToken = default) =>
        GetAsync("HostController", "guesttune", CliVariable, cancellationToken);

    private static async Task<string> GetAsync(string project, string program, string variable, CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } given)
        {
            return File.Exists(given) ? Path.GetFullPath(given) : throw new TestVmException($"{variable} names '{given}', which does not exist.");
        }

        using var key = new ContentKey();
        foreach (var file in FindSources())
        {
            key.AddFile(Path.GetRelativePath(Repository.Root, file), file);
        }

        foreach (var name in BuildVariables)
        {
            key.Add($"{name}={Environment.GetEnvironmentVariable(name)}");
        }

        var folder = await BuildCache.Default.GetOrMakeAsync(
            Path.Combine("published", program), key.ToString(), PublishedKept, (f, ct) => PublishAsync(project, f, ct), cancellationToken);
        return Path.Combine(folder, program);
    }

    private static async Task PublishAsync(string project, string folder, CancellationToken cancellationToken)
    {
        // Intermediate files go to the cache as well: a restore for a runtime would rewrite those of a build that runs beside it.
        var artifacts = Path.Combine(BuildCache.Default.Root, "artifacts", project);
        string[] arguments =
        [
            "publish", Path.Combine(Repository.Root, "src", project), "-c", "Release", "-r", Runtime, "-o", folder,
            "--artifacts-path", artifacts, "--nologo", "-v", "quiet",
        ];
        (await HostCommand.RunAsync("dotnet", arguments, Repository.Root, cancellationToken: cancellationToken))
            .ThrowIfFailed($"dotnet {string.Join(' ', arguments)}");
    }

    private static IEnumerable<string> FindSources()
    {
        var top = Directory.GetFiles(Repository.Root)
            .Where(f => Path.GetFileName(f) is "global.json" or "NuGet.config" || Path.GetExtension(f) is ".props" or ".targets");
        var below = new[] { "src", "proto" }
            .SelectMany(f => Directory.EnumerateFiles(Path.Combine(Repository.Root, f), "*", SearchOption.AllDirectories))
            .Where(f => !f.Split(Path.DirectorySeparatorChar).Any(p => p is "bin" or "obj"));
        return top.Concat(below).Order(StringComparer.Ordinal);
    }
}
