using System.Runtime.CompilerServices;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>The source tree that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find([CallerFilePath] string thisFile = "")
    {
        var directory = Path.GetDirectoryName(thisFile)!;
        while (!File.Exists(Path.Combine(directory, "GuestTune.sln")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("GuestTune.sln not found");
        }

        return directory;
    }
}
