using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GuestTune.Controller.Libvirt;

/// <summary>
/// The functions of libvirt.so.0 that are used, with the names of the C API. The library is loaded at the first call, so a
/// host without libvirt runs everything that needs none.
/// </summary>
internal static unsafe partial class LibvirtNative
{
    private const string Library = "libvirt.so.0";

    [LibraryImport(Library)]
    public static partial int virInitialize();

    [LibraryImport(Library)]
    public static partial void virSetErrorFunc(void* userData, delegate* unmanaged[Cdecl]<void*, void*, void> handler);

    /// <summary>Of the calling thread (virterror.h): read it before anything is awaited.</summary>
    [LibraryImport(Library)]
    public static partial VirError* virGetLastError();

    [LibraryImport(Library)]
    public static partial int virEventRegisterDefaultImpl();

    [LibraryImport(Library)]
    public static partial int virEventRunDefaultImpl();

    /// <summary>libvirt hands over memory of malloc(3).</summary>
    [LibraryImport("libc", EntryPoint = "free")]
    public static partial void Free(void* memory);

    /// <summary>Without a handler of its own, libvirt writes every error to standard error.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void IgnoreError(void* userData, void* error)
    {
    }

    /// <summary>Frees a <see cref="GCHandle"/> that was a callback's user data.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void FreeUserData(void* handle) => GCHandle.FromIntPtr((nint)handle).Free();

    /// <summary>The beginning of virError; the rest is not read.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct VirError
    {
        public int Code;
        public int Domain;
        public byte* Message;
    }
}
