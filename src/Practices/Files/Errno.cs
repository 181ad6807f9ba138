using System.Globalization;
using System.Runtime.InteropServices;

namespace GuestTune.Practices.Files;

/// <summary>The error numbers that get a sentence of their own; the numbers are those of asm-generic/errno-base.h, the same on all Linux.</summary>
internal static class Errno
{
    public const int PermissionNotPermitted = 1; // EPERM
    public const int NoEntry = 2; // ENOENT
    public const int Interrupted = 4; // EINTR
    public const int InputOutput = 5; // EIO
    public const int TryAgain = 11; // EAGAIN
    public const int AccessDenied = 13; // EACCES
    public const int Busy = 16; // EBUSY
    public const int Exists = 17; // EEXIST
    public const int NotDirectory = 20; // ENOTDIR
    public const int IsDirectory = 21; // EISDIR
    public const int Invalid = 22; // EINVAL
    public const int TooLargeFile = 27; // EFBIG
    public const int NoSpace = 28; // ENOSPC
    public const int ReadOnlyFileSystem = 30; // EROFS
    public const int OutOfRange = 34; // ERANGE
    public const int TooManyLinks = 40; // ELOOP
    public const int NoData = 61; // ENODATA
    public const int Overflow = 75; // EOVERFLOW
    public const int NotSupported = 95; // EOPNOTSUPP
    public const int QuotaExceeded = 122; // EDQUOT

    /// <summary>For example "No space left on device (ENOSPC)".</summary>
    public static string Text(int errno)
    {
        var name = errno switch
        {
            PermissionNotPermitted => "EPERM",
            NoEntry => "ENOENT",
            InputOutput => "EIO",
            TryAgain => "EAGAIN",
            AccessDenied => "EACCES",
            Busy => "EBUSY",
            NotDirectory => "ENOTDIR",
            IsDirectory => "EISDIR",
            Invalid => "EINVAL",
            TooLargeFile => "EFBIG",
            NoSpace => "ENOSPC",
            ReadOnlyFileSystem => "EROFS",
            OutOfRange => "ERANGE",
            TooManyLinks => "ELOOP",
            Overflow => "EOVERFLOW",
            NotSupported => "EOPNOTSUPP",
            QuotaExceeded => "EDQUOT",
            _ => "errno " + errno.ToString(CultureInfo.InvariantCulture),
        };
        return $"{Marshal.GetPInvokeErrorMessage(errno)} ({name})";
    }
}
