namespace GuestTune.Testing.Tests.Caching;

public sealed class BuildCacheTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory().FullName;

    [Fact]
    public async Task GetOrMakeAsync_ManyAtOnce_MakesOnce()
    {
        var made = 0;

        var folders = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => new BuildCache(_root).GetOrMakeAsync(
            "kind", "key", 2, async (folder, ct) =>
            {
                Interlocked.Increment(ref made);
                await Task.Delay(50, ct);
                await File.WriteAllTextAsync(Path.Combine(folder, "file"), "x", ct);
            }, CancellationToken.None))));

        Assert.Equal(1, made);
        Assert.Single(folders.Distinct(StringComparer.Ordinal));
        Assert.True(File.Exists(Path.Combine(folders[0], "file")));
    }

    [Fact]
    public async Task GetOrMakeAsync_MakingFails_LeavesNothingThatLooksMade()
    {
        var cache = new BuildCache(_root);
        await Assert.ThrowsAsync<InvalidOperationException>(() => cache.GetOrMakeAsync("kind", "key", 2, (folder, _) =>
        {
            File.WriteAllText(Path.Combine(folder, "half"), "x");
            throw new InvalidOperationException();
        }, CancellationToken.None));

        var made = await cache.GetOrMakeAsync("kind", "key", 2, (_, _) => Task.CompletedTask, CancellationToken.None);

        Assert.Empty(Directory.GetFiles(made));
    }

    [Fact]
    public async Task GetOrMakeAsync_MoreThanKept_RemovesTheLeastRecentlyUsed()
    {
        var cache = new BuildCache(_root);
        foreach (var (key, minute) in new[] { ("a", 3), ("b", 1), ("c", 2) })
        {
            var folder = await cache.GetOrMakeAsync("kind", key, 9, (_, _) => Task.CompletedTask, CancellationToken.None);
            Directory.SetLastWriteTimeUtc(folder, new DateTime(2020, 1, 1, 0, minute, 0, DateTimeKind.Utc));
        }

        await cache.GetOrMakeAsync("kind", "d", 2, (_, _) => Task.CompletedTask, CancellationToken.None);

        Assert.Equal(["a", "d"], Directory.GetDirectories(Path.Combine(_root, "kind")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
