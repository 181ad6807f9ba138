namespace GuestTune.Testing;

/// <summary>Finds the working copy that this program was built from.</summary>
public static class Repository
{
    private static readonly Lazy<string> LazyRoot = new(FindRoot);

    public static string Root => LazyRoot.Value;

    private static string FindRoot()
    {
        foreach (var start in new[] { AppContext.BaseDirectory, Environment.CurrentDirectory })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "GuestTune.sln")))
                {
                    return folder.FullName;
                }
            }
        }

        throw new TestVmException($"No GuestTune.sln above '{AppContext.BaseDirectory}' or '{Environment.CurrentDirectory}'.");
    }
}
