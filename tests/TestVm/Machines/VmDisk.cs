namespace GuestTune.Testing;

/// <summary>A small disk with an empty ext4 file system.</summary>
public static class VmDisk
{
    private const long SizeBytes = 16 << 20;

    public static async Task CreateAsync(string path, CancellationToken cancellationToken = default)
    {
        if (File.Exists(path))
        {
            return; // A VM that is started again in its folder keeps its disk.
        }

        await using (var file = File.Create(path))
        {
            file.SetLength(SizeBytes);
        }

        // -m 0: nothing is reserved for root, so that the agent can find the disk full.
        (await HostCommand.RunAsync("mke2fs", ["-q", "-F", "-t", "ext4", "-m", "0", path], cancellationToken: cancellationToken))
            .ThrowIfFailed($"mke2fs {path}");
    }
}
