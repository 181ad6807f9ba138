using GuestTune.Practices.Files;

namespace GuestTune.Practices.Tmpfiles;

/// <summary>All tmpfiles.d directories as systemd-tmpfiles(8) reads them: what will be written to a kernel file at boot, whoever configured it.</summary>
public sealed class TmpfilesConfiguration
{
    /// <summary>A file in an earlier directory hides those of the same name in later ones.</summary>
    private static readonly string[] Directories = ["/etc/tmpfiles.d", "/run/tmpfiles.d", "/usr/local/lib/tmpfiles.d", "/usr/lib/tmpfiles.d"];

    private static readonly string[] Programs = ["/usr/bin/systemd-tmpfiles", "/bin/systemd-tmpfiles"];

    private readonly List<(string Path, string Text)> _files;

    private TmpfilesConfiguration(List<(string Path, string Text)> files)
    {
        _files = files;
    }

    /// <param name="directory">Only files that mention it are kept, e.g. /sys/module/haltpoll/.</param>
    public static TmpfilesConfiguration Load(RootedFileSystem files, string directory)
    {
        ArgumentNullException.ThrowIfNull(files);
        var directoryByName = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var candidate in Directories)
        {
            foreach (var name in files.ListNames(candidate, ".conf"))
            {
                directoryByName.TryAdd(name, candidate);
            }
        }

        var kept = new List<(string, string)>();
        foreach (var (name, parent) in directoryByName)
        {
            var path = parent + "/" + name;
            if (files.ReadBytesAsLatin1(path).Text is { } text && text.Contains(directory, StringComparison.Ordinal))
            {
                kept.Add((path, text));
            }
        }

        return new TmpfilesConfiguration(kept);
    }

    /// <summary>Whether systemd-tmpfiles applies these files at boot: it is there, and systemd is what booted this machine (sd_booted(3)).</summary>
    public static bool IsAppliedAtBoot(RootedFileSystem files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return files.DirectoryExists("/run/systemd/system") && Array.Exists(Programs, files.FileExists);
    }

    /// <summary>The line that wins: that of the file whose name sorts first.</summary>
    public TmpfilesValue? Find(string target)
    {
        foreach (var (path, text) in _files)
        {
            if (TmpfilesText.Find(text, target) is { } value)
            {
                return new TmpfilesValue(value, path);
            }
        }

        return null;
    }
}
