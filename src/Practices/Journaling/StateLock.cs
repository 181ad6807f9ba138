using System.Runtime.InteropServices;
using GuestTune.Practices.Files;
using Microsoft.Win32.SafeHandles;

namespace GuestTune.Practices.Journaling;

/// <summary>Keeps a second process from using the same state directory. The kernel drops it with the process, so a crash leaves none behind.</summary>
internal sealed class StateLock : IDisposable
{
    private const uint PrivateMode = 0x180; // 0600

    private readonly SafeFileHandle _file;

    /// <exception cref="StateLockedException">Another process holds it.</exception>
    /// <exception cref="FileProblemException">The file cannot be had.</exception>
    public StateLock(string directory)
    {
        var path = Path.Combine(directory, "lock");
        _file = Libc.Open(path, Libc.ReadWrite | Libc.Create | Libc.CloseOnExec | Libc.NoFollow, PrivateMode);
        if (_file.IsInvalid)
        {
            throw FileProblemException.For("open", path, Marshal.GetLastPInvokeError());
        }

        if (Libc.Lock(_file, Libc.LockExclusive | Libc.LockNonBlocking) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            _file.Dispose();
            throw errno == Errno.TryAgain
                ? new StateLockedException($"another process uses {directory} (it holds {path}); stop it first, or give this one a state directory of its own")
                : FileProblemException.For("lock", path, errno);
        }
    }

    public void Dispose()
    {
        if (!_file.IsClosed)
        {
            // A child process between fork and exec shares the lock; closing alone would leave it locked for that long.
            _ = Libc.Lock(_file, Libc.Unlock);
        }

        _file.Dispose();
    }
}
