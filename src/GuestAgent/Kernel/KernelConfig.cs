using System.IO.Compression;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.Kernel;

/// <summary>How a kernel was configured, from the places where distributions leave that; not all do.</summary>
internal sealed class KernelConfig(RootedFileSystem files)
{
    private const string Running = "/proc/config.gz";
    private const int MaximumSizeBytes = 2 * 1024 * 1024;

    /// <param name="option">E.g. CONFIG_PARAVIRT_SPINLOCKS.</param>
    /// <param name="isRunning">The kernel itself may tell, too.</param>
    public KernelOption Find(string release, string option, bool isRunning)
    {
        ArgumentException.ThrowIfNullOrEmpty(option);
        if (isRunning && ReadRunning() is { } own)
        {
            return new KernelOption(option, Find(own, option), Running);
        }

        foreach (var path in (ReadOnlySpan<string>)[$"/boot/config-{release}", $"/lib/modules/{release}/config"])
        {
            if (files.ReadText(path, MaximumSizeBytes).Text is { } text)
            {
                return new KernelOption(option, Find(text, option), path);
            }
        }

        return new KernelOption(option, null, null);
    }

    /// <returns>"n" where it is not set: a configuration leaves such options out, or has them in a comment.</returns>
    private static string Find(string text, string option)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(option, StringComparison.Ordinal) && line.Length > option.Length && line[option.Length] == '=')
            {
                return line[(option.Length + 1)..].Trim().ToString();
            }
        }

        return "n";
    }

    private string? ReadRunning()
    {
        try
        {
            if (!files.FileExists(Running))
            {
                return null;
            }

            using var file = new FileStream(files.Resolve(Running), FileMode.Open, FileAccess.Read);
            using var unpacked = new GZipStream(file, CompressionMode.Decompress);
            var buffer = new byte[MaximumSizeBytes];
            var length = unpacked.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return System.Text.Encoding.ASCII.GetString(buffer, 0, length);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
