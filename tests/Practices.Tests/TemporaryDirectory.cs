namespace GuestTune.Practices.Tests;

/// <summary>A directory of its own for one test, gone afterwards.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("guesttune-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name.TrimStart('/'));

    public void Write(string name, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(File(name))!);
        System.IO.File.WriteAllText(File(name), text);
    }

    public string Read(string name) => System.IO.File.ReadAllText(File(name));

    /// <summary>Every file below with its content, to compare a tree before and after.</summary>
    public string Snapshot()
    {
        var files = Directory.GetFiles(Path, "*", SearchOption.AllDirectories);
        Array.Sort(files, StringComparer.Ordinal);
        return string.Join('\n', files.Select(f => f[Path.Length..] + "=" + Convert.ToHexString(System.IO.File.ReadAllBytes(f))));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
