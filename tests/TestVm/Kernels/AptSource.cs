namespace GuestTune.Testing;

/// <summary>One source of Debian packages, as this machine is set up to use it.</summary>
/// <param name="Options">Fields that say how to trust and reach it, e.g. Signed-By.</param>
internal sealed record AptSource(string Uri, IReadOnlyList<string> Suites, IReadOnlyList<KeyValuePair<string, string>> Options)
{
    /// <summary>The same archive with another suite, in the form of sources.list(5) that is called deb822.</summary>
    public string ToDeb822(string suite) =>
        $"Types: deb\nURIs: {Uri}\nSuites: {suite}\nComponents: main\n"
        + string.Concat(Options.Select(o => $"{o.Key}: {o.Value}\n"));
}
