namespace GuestTune.Practices.Files;

/// <summary>Says whether only root, or the user that this program runs as, can change a file that it must be able to believe.</summary>
public static class TrustedFile
{
    /// <returns>Null where it can be trusted, or is missing and only they could put it there; else why not.</returns>
    public static string? WhyNotTrusted(RootedFileSystem files, string path)
    {
        ArgumentNullException.ThrowIfNull(files);
        string directory;
        string real;
        try
        {
            directory = files.Resolve(Path.GetDirectoryName(path) ?? "/");
            real = files.Resolve(path);
        }
        catch (FileProblemException e)
        {
            return e.Message;
        }

        // Who may write a directory may take the file away, or put another file or a link in its place.
        return WhyNotOurs(real) ?? WhyNotOurs(Path.GetDirectoryName(real)!) ?? WhyNotOurs(directory) ?? CheckLink(path, Path.Combine(directory, Path.GetFileName(path)), real);
    }

    /// <param name="path">A file or directory, without links.</param>
    /// <returns>Null where only they can write it, or it is missing; else why not.</returns>
    public static string? WhyNotOurs(string path)
    {
        var errno = FileStatus.TryGet(path, followLinks: false, out var status);
        if (errno != 0)
        {
            return errno is Errno.NoEntry or Errno.NotDirectory ? null : $"{path}: {Errno.Text(errno)}";
        }

        if (status.User != 0 && status.User != Libc.EffectiveUser())
        {
            return $"{path} belongs to user {status.User}: it must belong to root, or to who runs this program (chown {Libc.EffectiveUser()} {path})";
        }

        return status.IsWritableByOthers ? $"{path} can be written by others than its owner (chmod go-w {path})" : null;
    }

    /// <summary>A link whose target is missing is a mistake, or its file system is not mounted yet: not the same as no file.</summary>
    private static string? CheckLink(string path, string link, string real)
        => FileStatus.TryGet(link, followLinks: false, out var status) == 0 && status.IsSymbolicLink && FileStatus.TryGet(real, followLinks: false, out _) != 0
            ? $"{path} is a link to nothing (it leads to {real}): put the file there, or remove the link"
            : null;
}
