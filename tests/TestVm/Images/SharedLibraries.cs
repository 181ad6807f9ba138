namespace GuestTune.Testing;

/// <summary>Finds the shared libraries that a program of this machine loads, so that it also runs in a guest that has none.</summary>
internal static class SharedLibraries
{
    public static async Task<IReadOnlyList<string>> FindAsync(string program, CancellationToken cancellationToken)
    {
        var ldd = await HostCommand.RunAsync("ldd", [program], cancellationToken: cancellationToken);
        return ldd.Succeeded ? Parse(program, ldd.Output) : []; // ldd fails for scripts and static programs: they need none.
    }

    internal static IReadOnlyList<string> Parse(string program, string output)
    {
        var libraries = new List<string>();
        foreach (var words in output.Split('\n').Select(l => l.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))
        {
            switch (words)
            {
                case [var name, "=>", "not", "found", ..]:
                    throw new TestVmException($"'{program}' needs the library {name}, which is not on this machine.");
                case [_, "=>", ['/', ..] path, ..]:
                    libraries.Add(path);
                    break;
                case [['/', ..] loader, ..] when !loader.EndsWith(':'):
                    libraries.Add(loader);
                    break;
            }
        }

        return libraries;
    }
}
