using GuestTune.Practices.Files;

namespace GuestTune.Agent.BootLoader;

/// <summary>How the boot loader's files are read: one char for each byte, larger than other configuration.</summary>
internal static class BootFiles
{
    /// <summary>A grub.cfg for dozens of kernels has 100 KiB.</summary>
    public const int MaximumBytes = 1024 * 1024;

    /// <exception cref="IOException">It is there and cannot be read.</exception>
    /// <returns>Null: there is no such file.</returns>
    public static string? Read(this RootedFileSystem files, string path)
    {
        var reading = files.ReadBytesAsLatin1(path, MaximumBytes);
        return reading.Text is not null || reading.IsMissing ? reading.Text : throw new IOException($"{path} {reading.Problem}");
    }

    /// <exception cref="IOException">It is not there, or cannot be read.</exception>
    public static string ReadRequired(this RootedFileSystem files, string path)
        => files.Read(path) ?? throw new IOException($"{path} is missing");
}
