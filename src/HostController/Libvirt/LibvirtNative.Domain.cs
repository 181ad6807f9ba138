using System.Runtime.InteropServices;

namespace GuestTune.Controller.Libvirt;

/// <summary>Domains (libvirt-domain.h).</summary>
internal static unsafe partial class LibvirtNative
{
    public const int UuidStringSizeBytes = 37;

    [LibraryImport(Library)]
    public static partial int virDomainFree(nint domain);

    [LibraryImport(Library)]
    public static partial byte* virDomainGetName(DomainHandle domain);

    [LibraryImport(Library)]
    public static partial uint virDomainGetID(DomainHandle domain);

    [LibraryImport(Library)]
    public static partial int virDomainGetUUIDString(DomainHandle domain, byte* text);

    [LibraryImport(Library)]
    public static partial int virDomainIsPersistent(DomainHandle domain);

    [LibraryImport(Library)]
    public static partial int virDomainGetState(DomainHandle domain, out int state, out int reason, uint flags);

    [LibraryImport(Library)]
    public static partial int virDomainGetJobInfo(DomainHandle domain, out VirDomainJobInfo info);

    [LibraryImport(Library)]
    public static partial byte* virDomainGetXMLDesc(DomainHandle domain, uint flags);

    [LibraryImport(Library)]
    public static partial int virDomainReset(DomainHandle domain, uint flags);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int virDomainAttachDeviceFlags(DomainHandle domain, string xml, uint flags);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int virDomainDetachDeviceFlags(DomainHandle domain, string xml, uint flags);

    [LibraryImport(Library)]
    public static partial int virDomainAddIOThread(DomainHandle domain, uint id, uint flags);

    [LibraryImport(Library)]
    public static partial int virDomainDelIOThread(DomainHandle domain, uint id, uint flags);

    [LibraryImport(Library)]
    public static partial int virDomainPinIOThread(DomainHandle domain, uint id, byte* cpuMap, int mapSizeBytes, uint flags);

    [LibraryImport(Library)]
    public static partial int virDomainGetIOThreadInfo(DomainHandle domain, out VirDomainIOThreadInfo** info, uint flags);

    [LibraryImport(Library)]
    public static partial void virDomainIOThreadInfoFree(VirDomainIOThreadInfo* info);

    /// <param name="timeoutSeconds">For the guest's answer.</param>
    [LibraryImport("libvirt-qemu.so.0", StringMarshalling = StringMarshalling.Utf8)]
    public static partial byte* virDomainQemuAgentCommand(DomainHandle domain, string command, int timeoutSeconds, uint flags);

    [StructLayout(LayoutKind.Sequential)]
    public struct VirDomainIOThreadInfo
    {
        public uint Id;
        public byte* CpuMap;
        public int MapSizeBytes;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct VirDomainJobInfo
    {
        public int Type;
        public fixed ulong Progress[11];
    }
}
