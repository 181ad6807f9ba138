using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace GuestTune.Practices.Files;

/// <summary>A device, where the kernel's own error numbers are part of the answer.</summary>
public sealed class DeviceFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private DeviceFile(SafeFileHandle handle)
    {
        _handle = handle;
    }

    /// <summary>Without waiting: a FIFO planted in its place must not stop us, and a drive must not pull its tray in.</summary>
    /// <exception cref="FileProblemException">It cannot be opened.</exception>
    public static DeviceFile Open(RootedFileSystem files, string path) => Open(files, path, Libc.ReadOnly | Libc.NonBlocking);

    /// <summary>For a device that is written to and answers; reading waits for the answer.</summary>
    /// <exception cref="FileProblemException">It cannot be opened.</exception>
    public static DeviceFile OpenToTalk(RootedFileSystem files, string path) => Open(files, path, Libc.ReadWrite);

    private static DeviceFile Open(RootedFileSystem files, string path, int flags)
    {
        ArgumentNullException.ThrowIfNull(files);
        var handle = Libc.Open(files.ResolveToRead(path), flags | Libc.CloseOnExec, 0);
        if (!handle.IsInvalid)
        {
            return new DeviceFile(handle);
        }

        var errno = Marshal.GetLastPInvokeError();
        handle.Dispose();
        throw FileProblemException.For("open", path, errno);
    }

    /// <returns>0, or the errno; then <paramref name="count"/> is 0.</returns>
    /// <param name="count">0 at the end.</param>
    public unsafe int Read(Span<byte> buffer, out int count)
    {
        fixed (byte* start = buffer)
        {
            return Result(Libc.Read(_handle, start, buffer.Length), out count);
        }
    }

    /// <summary>As <see cref="Read"/>, at one place of a device that has places.</summary>
    public unsafe int ReadAt(long offset, Span<byte> buffer, out int count)
    {
        fixed (byte* start = buffer)
        {
            return Result(Libc.ReadAt(_handle, start, buffer.Length, offset), out count);
        }
    }

    /// <summary>In one call: what is written may be a message.</summary>
    /// <returns>As of <see cref="Read"/>.</returns>
    public unsafe int Write(ReadOnlySpan<byte> bytes, out int count)
    {
        fixed (byte* start = bytes)
        {
            return Result(Libc.Write(_handle, start, bytes.Length), out count);
        }
    }

    public void Dispose() => _handle.Dispose();

    private static int Result(nint result, out int count)
    {
        var errno = result < 0 ? Marshal.GetLastPInvokeError() : 0;
        count = errno == 0 ? (int)result : 0;
        return errno;
    }
}
