using System.Runtime.InteropServices;

namespace GuestTune.Controller.Libvirt;

/// <summary>Connections and the host behind them (libvirt-host.h).</summary>
internal static unsafe partial class LibvirtNative
{
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial ConnectionHandle virConnectOpenAuth(string uri, VirConnectAuth* auth, uint flags);

    [LibraryImport(Library)]
    public static partial int virConnectClose(nint connection);

    [LibraryImport(Library)]
    public static partial int virConnectIsAlive(ConnectionHandle connection);

    [LibraryImport(Library)]
    public static partial int virConnectSetKeepAlive(ConnectionHandle connection, int intervalSeconds, uint count);

    [LibraryImport(Library)]
    public static partial int virConnectRegisterCloseCallback(
        ConnectionHandle connection, delegate* unmanaged[Cdecl]<void*, int, void*, void> callback, void* userData, delegate* unmanaged[Cdecl]<void*, void> free);

    [LibraryImport(Library)]
    public static partial int virConnectUnregisterCloseCallback(ConnectionHandle connection, delegate* unmanaged[Cdecl]<void*, int, void*, void> callback);

    [LibraryImport(Library)]
    public static partial byte* virConnectGetCapabilities(ConnectionHandle connection);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial byte* virConnectGetDomainCapabilities(
        ConnectionHandle connection, string? emulator, string? architecture, string? machine, string? virtualization, uint flags);

    [LibraryImport(Library)]
    public static partial int virConnectListAllDomains(ConnectionHandle connection, out nint* domains, uint flags);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint virDomainLookupByName(ConnectionHandle connection, string name);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint virDomainLookupByUUIDString(ConnectionHandle connection, string uuid);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint virDomainDefineXMLFlags(ConnectionHandle connection, string xml, uint flags);

    [LibraryImport(Library)]
    public static partial int virNodeGetInfo(ConnectionHandle connection, out VirNodeInfo info);

    [LibraryImport(Library)]
    public static partial int virNodeGetFreePages(
        ConnectionHandle connection, uint pageSizeCount, uint* pageSizesKib, int startCell, uint cellCount, ulong* counts, uint flags);

    [StructLayout(LayoutKind.Sequential)]
    public struct VirConnectAuth
    {
        public int* CredentialTypes;
        public uint CredentialTypeCount;
        public delegate* unmanaged[Cdecl]<void*, uint, void*, int> Callback;
        public void* UserData;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct VirNodeInfo
    {
        public fixed byte Model[32];
        public nuint MemoryKib;
        public uint Cpus;
        public uint Mhz;
        public uint NumaNodes;
        public uint SocketsPerNode;
        public uint CoresPerSocket;
        public uint ThreadsPerCore;
    }
}
