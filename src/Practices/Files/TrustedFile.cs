namespace GuestTune.Practices.Files;

/// <summary>Says whether only root, or the user that this program runs as, can change a file that grants or refuses rights.</summary>
public static class TrustedFile
{
    /// <returns>Null where it can be trusted or is missing, else why not.</returns>
    public static string? WhyNotTrusted(RootedFileSystem files, string path)
    {
        ArgumentNullException.ThrowIfNull(files);
        string real;
        try
        {
            real = files.Resolve(path);
        }
        catch (FileProblemException e)
        {
            return e.Message;
        }

        // Who may write the directory may replace the file.
        return Check(real) ?? Check(Path.GetDirectoryName(real)!);
    }

    private static string? Check(string path)
    {
        var errno = FileStatus.TryGet(path, followLinks: false, out var status);
        if (errno != 0)
        {
            return errno is Errno.NoEntry or Errno.NotDirectory ? null : $"{path}: {Errno.Text(errno)}";
        }

        if (status.User != 0 && status.User != Libc.EffectiveUser())
        {
            return $"{path} belongs to user {status.User}: it must belong to root (chown root {path})";
        }

        return status.IsWritableByOthers ? $"{path} can be written by others than its owner (chmod go-w {path})" : null;
    }
}
