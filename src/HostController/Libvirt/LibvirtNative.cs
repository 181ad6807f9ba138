using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GuestTune.Controller.Libvirt;

/// <summary>
/// The functions of libvirt.so.0 that are used. The library is loaded at the first call, so a host without libvirt runs
/// everything that needs none.
/// </summary>
internal static unsafe partial class LibvirtNative
{
    /// <summary>VIR_CONNECT_LIST_DOMAINS_ACTIVE.</summary>
    public const uint ListDomainsActive = 1;

    private const string Library = "libvirt.so.0";

    [LibraryImport(Library, EntryPoint = "virInitialize")]
    public static partial int Initialize();

    [LibraryImport(Library, EntryPoint = "virSetErrorFunc")]
    public static partial void SetErrorFunc(void* userData, delegate* unmanaged[Cdecl]<void*, void*, void> handler);

    [LibraryImport(Library, EntryPoint = "virConnectOpenReadOnly", StringMarshalling = StringMarshalling.Utf8)]
    public static partial ConnectionHandle ConnectOpenReadOnly(string uri);

    [LibraryImport(Library, EntryPoint = "virConnectOpen", StringMarshalling = StringMarshalling.Utf8)]
    public static partial ConnectionHandle ConnectOpen(string uri);

    [LibraryImport(Library, EntryPoint = "virConnectClose")]
    public static partial int ConnectClose(nint connection);

    [LibraryImport(Library, EntryPoint = "virConnectListAllDomains")]
    public static partial int ConnectListAllDomains(ConnectionHandle connection, out nint* domains, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainGetName")]
    public static partial byte* DomainGetName(DomainHandle domain);

    [LibraryImport(Library, EntryPoint = "virDomainGetXMLDesc")]
    public static partial byte* DomainGetXmlDesc(DomainHandle domain, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainLookupByName", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint DomainLookupByName(ConnectionHandle connection, string name);

    /// <param name="timeoutSeconds">For the guest's answer.</param>
    [LibraryImport("libvirt-qemu.so.0", EntryPoint = "virDomainQemuAgentCommand", StringMarshalling = StringMarshalling.Utf8)]
    public static partial byte* DomainQemuAgentCommand(DomainHandle domain, string command, int timeoutSeconds, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainReset")]
    public static partial int DomainReset(DomainHandle domain, uint flags);

    [LibraryImport(Library, EntryPoint = "virDomainFree")]
    public static partial int DomainFree(nint domain);

    /// <summary>Of the calling thread (virterror.h): read it before anything is awaited.</summary>
    [LibraryImport(Library, EntryPoint = "virGetLastError")]
    public static partial LastError* GetLastError();

    /// <summary>libvirt hands over memory of malloc(3).</summary>
    [LibraryImport("libc", EntryPoint = "free")]
    public static partial void Free(void* memory);

    /// <summary>Without a handler of its own, libvirt writes every error to standard error.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void IgnoreError(void* userData, void* error)
    {
    }

    /// <summary>The beginning of virError; the rest is not read.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct LastError
    {
        public int Code;
        public int Domain;
        public byte* Message;
    }
}
