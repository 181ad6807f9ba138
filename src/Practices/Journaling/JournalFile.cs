using System.Runtime.InteropServices;
using GuestTune.Practices.Files;
using Microsoft.Win32.SafeHandles;

namespace GuestTune.Practices.Journaling;

/// <summary>The journal's file on a disk.</summary>
internal sealed class JournalFile : IJournalFile
{
    private const uint PrivateMode = 0x180; // 0600
    private const int AppendMode = 0x400; // O_APPEND

    private readonly SafeFileHandle _file;
    private long _length;

    /// <exception cref="FileProblemException">It cannot be opened for writing.</exception>
    public JournalFile(string path, long length)
    {
        Path = path;
        _length = length;
        _file = Libc.Open(path, Libc.ReadWrite | AppendMode | Libc.Create | Libc.CloseOnExec | Libc.NoFollow, PrivateMode);
        if (_file.IsInvalid)
        {
            throw FileProblemException.For("open the journal", path, Marshal.GetLastPInvokeError());
        }
    }

    public string Path { get; }

    public void Reserve(int bytes)
    {
        if (Libc.Allocate(_file, Libc.FallocateKeepSize, _length, bytes) != 0
            && Marshal.GetLastPInvokeError() is var errno and (Errno.NoSpace or Errno.QuotaExceeded or Errno.ReadOnlyFileSystem or Errno.InputOutput or Errno.TooLargeFile))
        {
            // Other errors mean that this file system cannot reserve; then the append itself has to find out.
            throw FileProblemException.For("reserve room in the journal", Path, errno);
        }
    }

    public void AppendAndSync(ReadOnlySpan<byte> bytes)
    {
        NativeFile.WriteAll(_file, bytes, Path);
        _length += bytes.Length;
        if (Libc.FileDataSync(_file) != 0)
        {
            throw FileProblemException.For("fsync", Path, Marshal.GetLastPInvokeError());
        }
    }

    public void Truncate(long length)
    {
        if (Libc.SetLength(_file, length) != 0)
        {
            throw FileProblemException.For("cut", Path, Marshal.GetLastPInvokeError());
        }

        _length = length;
        NativeFile.Sync(_file, Path);
    }

    public void Dispose() => _file.Dispose();
}
