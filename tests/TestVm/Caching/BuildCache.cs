namespace GuestTune.Testing;

/// <summary>A folder of things that are costly to make, each made once and then left alone, however many processes want it.</summary>
internal sealed class BuildCache(string root)
{
    public const string FolderVariable = "GUESTTUNE_CACHE";

    private static readonly TimeSpan LockPollTime = TimeSpan.FromMilliseconds(200);

    public static BuildCache Default { get; } = new(
        Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder
            ? Path.GetFullPath(folder)
            : Path.Combine(Repository.Root, ".cache", "testvm"));

    public string Root => root;

    /// <summary>
    /// Gives the folder <paramref name="kind"/>/<paramref name="key"/>. Where it is missing, <paramref name="make"/> fills an empty
    /// one, which gets its name only when it is complete: a build that was cut off leaves nothing that looks finished.
    /// </summary>
    /// <param name="keep">How many folders of this kind stay; the least recently used go.</param>
    public async Task<string> GetOrMakeAsync(
        string kind, string key, int keep, Func<string, CancellationToken, Task> make, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(root, kind, key);
        if (!Directory.Exists(folder))
        {
            using var held = await LockAsync(kind, cancellationToken);
            if (!Directory.Exists(folder))
            {
                var unfinished = folder + ".unfinished";
                if (Directory.Exists(unfinished))
                {
                    Directory.Delete(unfinished, recursive: true);
                }

                Directory.CreateDirectory(unfinished);
                await make(unfinished, cancellationToken);
                Directory.Move(unfinished, folder);
                Prune(kind, key, keep);
            }
        }

        Directory.SetLastWriteTimeUtc(folder, DateTime.UtcNow);
        return folder;
    }

    /// <summary>Held until disposed, or until this process dies.</summary>
    public async Task<IDisposable> LockAsync(string name, CancellationToken cancellationToken)
    {
        var file = Path.Combine(root, name + ".lock");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        while (true)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(LockPollTime, cancellationToken);
            }
        }
    }

    private void Prune(string kind, string newest, int keep)
    {
        var old = new DirectoryInfo(Path.Combine(root, kind)).GetDirectories()
            .Where(d => d.Name != newest)
            .OrderByDescending(d => d.LastWriteTimeUtc)
            .Skip(keep - 1);
        foreach (var folder in old)
        {
            folder.Delete(recursive: true);
        }
    }
}
