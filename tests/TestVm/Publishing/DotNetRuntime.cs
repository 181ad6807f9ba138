using System.Runtime.InteropServices;

namespace GuestTune.Testing;

/// <summary>The .NET that this program runs on, for a guest that has none: the published guesttune brings none along.</summary>
public static class DotNetRuntime
{
    /// <summary>Where programs look for it without being told.</summary>
    private const string Target = "usr/share/dotnet";

    public static IEnumerable<InstalledFile> Files
    {
        get
        {
            // ROOT/shared/Microsoft.NETCore.App/VERSION
            var runtime = new DirectoryInfo(RuntimeEnvironment.GetRuntimeDirectory());
            var root = runtime.Parent!.Parent!.Parent!.FullName;
            return new[] { "shared/Microsoft.NETCore.App", "shared/Microsoft.AspNetCore.App", "host/fxr" }
                .SelectMany(part => Directory.EnumerateFiles(Path.Combine(root, part, runtime.Name), "*", SearchOption.AllDirectories))
                .Select(file => new InstalledFile(file, $"{Target}/{Path.GetRelativePath(root, file)}"));
        }
    }
}
