using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace GuestTune.Practices.Files;

/// <summary>Steps that more than one kind of file needs, with errno kept.</summary>
internal static class NativeFile
{
    /// <exception cref="FileProblemException">Not all of it could be written.</exception>
    public static unsafe void WriteAll(SafeFileHandle file, ReadOnlySpan<byte> bytes, string path)
    {
        while (bytes.Length > 0)
        {
            nint count;
            fixed (byte* start = bytes)
            {
                count = Libc.Write(file, start, bytes.Length);
            }

            if (count < 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                if (errno == Errno.Interrupted)
                {
                    continue;
                }

                throw FileProblemException.For("write", path, errno);
            }

            bytes = bytes[(int)count..];
        }
    }

    public static void Sync(SafeFileHandle file, string path)
    {
        if (Libc.FileSync(file) != 0)
        {
            throw FileProblemException.For("fsync", path, Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Makes a name that was created, renamed or removed in a directory survive a power cut.</summary>
    public static void SyncDirectory(string directory)
    {
        using var handle = Libc.Open(directory, Libc.ReadOnly | Libc.CloseOnExec | Libc.Directory, 0);
        if (handle.IsInvalid)
        {
            throw FileProblemException.For("open", directory, Marshal.GetLastPInvokeError());
        }

        // Some file systems have nothing to sync for a directory and say EINVAL.
        if (Libc.FileSync(handle) != 0 && Marshal.GetLastPInvokeError() is var errno and not Errno.Invalid)
        {
            throw FileProblemException.For("fsync", directory, errno);
        }
    }
}
