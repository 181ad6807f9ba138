using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace GuestTune.VirtioSerial.Guest;

/// <summary>The system calls that a port takes; .NET's own file and socket types cannot wait for a character device.</summary>
internal static partial class Libc
{
    public const int ENOENT = 2;
    public const int EINTR = 4;
    public const int ENXIO = 6;
    public const int EAGAIN = 11;
    public const int EACCES = 13;
    public const int EBUSY = 16;
    public const int ENODEV = 19;
    public const int EMFILE = 24;
    public const int EPIPE = 32;

    // The same on x86-64 and AArch64 (include/uapi/asm-generic/fcntl.h).
    public const int O_RDWR = 0x2;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;

    public const uint EPOLLIN = 0x1;
    public const uint EPOLLOUT = 0x4;
    public const uint EPOLLERR = 0x8;
    public const uint EPOLLHUP = 0x10;
    public const uint EPOLLET = 1u << 31;
    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_MOD = 3;
    public const int EPOLL_CLOEXEC = O_CLOEXEC;
    public const int EFD_CLOEXEC = O_CLOEXEC;
    public const int EFD_NONBLOCK = O_NONBLOCK;
    public const short POLLIN = 0x1;
    public const short POLLOUT = 0x4;
    public const short POLLHUP = 0x10;

    /// <summary>The size of struct epoll_event, which only x86-64 packs (include/uapi/linux/eventpoll.h, EPOLL_PACKED).</summary>
    public static int EpollEventSizeBytes => IsPacked ? 12 : 16;

    private static int EpollDataOffset => IsPacked ? 4 : 8;

    private static bool IsPacked => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    public static SafeFileHandle Open(string path) => OpenCore(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);

    public static unsafe int Read(SafeFileHandle file, Span<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            return (int)ReadCore(file, pointer, (nuint)buffer.Length);
        }
    }

    public static unsafe int Write(SafeFileHandle file, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            return (int)WriteCore(file, pointer, (nuint)buffer.Length);
        }
    }

    public static unsafe int EpollControl(SafeFileHandle epoll, int operation, SafeFileHandle file, uint events, ulong data)
    {
        var buffer = stackalloc byte[16];
        var span = new Span<byte>(buffer, 16);
        MemoryMarshal.Write(span, in events);
        MemoryMarshal.Write(span[EpollDataOffset..], in data);
        return EpollControlCore(epoll, operation, file, buffer);
    }

    /// <summary>Waits for ever for the next event.</summary>
    public static unsafe int EpollWait(SafeFileHandle epoll, out uint events, out ulong data)
    {
        var buffer = stackalloc byte[16];
        var count = EpollWaitCore(epoll, buffer, 1, -1);
        var span = new ReadOnlySpan<byte>(buffer, 16);
        events = MemoryMarshal.Read<uint>(span);
        data = MemoryMarshal.Read<ulong>(span[EpollDataOffset..]);
        return count;
    }

    /// <summary>What poll(2) says of a file right now.</summary>
    public static unsafe short Poll(SafeFileHandle file, short events)
    {
        var added = false;
        try
        {
            file.DangerousAddRef(ref added);
            var entry = new PollEntry { File = (int)file.DangerousGetHandle(), Events = events };
            return PollCore(&entry, 1, 0) < 0 ? (short)0 : entry.ReturnedEvents;
        }
        finally
        {
            if (added)
            {
                file.DangerousRelease();
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial SafeFileHandle EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial SafeFileHandle EventFd(uint initialValue, int flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenCore(string path, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static unsafe partial nint ReadCore(SafeFileHandle file, byte* buffer, nuint sizeBytes);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint WriteCore(SafeFileHandle file, byte* buffer, nuint sizeBytes);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static unsafe partial int EpollControlCore(SafeFileHandle epoll, int operation, SafeFileHandle file, byte* epollEvent);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static unsafe partial int EpollWaitCore(SafeFileHandle epoll, byte* events, int maxEvents, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static unsafe partial int PollCore(PollEntry* entries, nuint count, int timeoutMs);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int File;
        public short Events;
        public short ReturnedEvents;
    }
}
