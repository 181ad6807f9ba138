using GuestTune.Practices.Files;

namespace GuestTune.Practices.Modprobe;

/// <summary>All modprobe.d directories as modprobe(8) reads them: what a module's parameter will be when it is loaded, whoever configured it.</summary>
public static class ModprobeConfiguration
{
    /// <summary>A file in an earlier directory hides those of the same name in later ones.</summary>
    private static readonly string[] Directories = ["/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d"];

    /// <summary>That of the file whose name sorts last: its text is handed to the kernel behind the others.</summary>
    public static (string Value, string Configuration)? Find(RootedFileSystem files, string module, string parameter)
    {
        ArgumentNullException.ThrowIfNull(files);
        var directoryByName = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var directory in Directories)
        {
            foreach (var name in files.ListNames(directory, ".conf"))
            {
                directoryByName.TryAdd(name, directory);
            }
        }

        foreach (var (name, directory) in directoryByName.Reverse())
        {
            var path = directory + "/" + name;
            if (files.ReadBytesAsLatin1(path).Text is { } text && ModprobeText.Find(text, module, parameter) is { } value)
            {
                return (value, path);
            }
        }

        return null;
    }
}
