using System.Runtime.InteropServices;

namespace GuestTune.Practices.Files;

/// <summary>The part of struct statx (linux/stat.h) that is used here; the rest is room for what the kernel writes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    public const int CurrentDirectory = -100;
    public const int NoFollow = 0x100;
    public const uint BasicFields = 0x7ff;
    private const int TypeMask = 0xf000;

    [FieldOffset(20)]
    public uint User;

    [FieldOffset(24)]
    public uint Group;

    [FieldOffset(28)]
    public ushort Mode;

    public readonly bool IsRegular => (Mode & TypeMask) == 0x8000;

    public readonly bool IsDirectory => (Mode & TypeMask) == 0x4000;

    public readonly bool IsSymbolicLink => (Mode & TypeMask) == 0xa000;

    public readonly uint Permissions => (uint)(Mode & 0xfff);

    public readonly bool IsExecutable => (Mode & 0x49) != 0;

    /// <summary>For anybody at all.</summary>
    public readonly bool IsWritable => (Mode & 0x92) != 0;

    /// <summary>Whether somebody besides the owner may write; for a link that says nothing.</summary>
    public readonly bool IsWritableByOthers => (Mode & 0x12) != 0;

    /// <returns>0, or the errno.</returns>
    public static unsafe int TryGet(string path, bool followLinks, out FileStatus status)
    {
        fixed (FileStatus* pointer = &status)
        {
            return Libc.Status(CurrentDirectory, path, followLinks ? 0 : NoFollow, BasicFields, pointer) == 0
                ? 0
                : Marshal.GetLastPInvokeError();
        }
    }
}
