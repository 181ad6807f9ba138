using GuestTune.Practices.Files;

namespace GuestTune.Controller.Store;

/// <summary>The files of what the controller remembers, in a directory made for its user alone, and not used where others could write to it.</summary>
internal sealed class StoreFiles(string directory)
{
    public const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode OwnDirectory = OwnFile | UnixFileMode.UserExecute;

    public string Directory { get; } = directory;

    public string DatabasePath { get; } = Path.Combine(directory, "controller.db");

    public string SigningKeyPath { get; } = Path.Combine(directory, "signing-key.pem");

    /// <summary>Makes the directory where there is none.</summary>
    /// <exception cref="StoreException">It cannot be had, or others may write to it.</exception>
    public void Prepare()
    {
        try
        {
            System.IO.Directory.CreateDirectory(Directory, OwnDirectory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new StoreException($"the state directory {Directory} cannot be used: {e.Message}; be root, use the controller daemon, or name another directory by --state", e);
        }

        ExpectPrivate(Directory);
    }

    /// <exception cref="StoreException">Others may write to it: than root, and the user that this program runs as.</exception>
    public static void ExpectPrivate(string path)
    {
        if (TrustedFile.WhyNotOurs(new RootedFileSystem("/").Resolve(Path.GetFullPath(path))) is { } reason)
        {
            throw new StoreException($"{path} is not used: others may write to it, and so decide what is true of a boot; see who has, then mend it: {reason}");
        }
    }
}
