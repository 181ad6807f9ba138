namespace GuestTune.Practices.Files;

/// <summary>A system call on a file failed; the message names the file and what to do about it.</summary>
public sealed class FileProblemException : IOException
{
    public FileProblemException(int errno, string message)
        : base(message)
    {
        ErrorNumber = errno;
    }

    /// <summary>As errno(3).</summary>
    public int ErrorNumber { get; }

    internal static FileProblemException For(string action, string path, int errno)
        => new(errno, $"cannot {action} {path}: {Errno.Text(errno)}");
}
