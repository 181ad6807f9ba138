using System.Runtime.InteropServices;

namespace GuestTune.Controller.Serving;

/// <summary>The few functions of the C library that .NET does not wrap.</summary>
internal static unsafe partial class Libc
{
    /// <summary>chown(2): leaves the owner as it is.</summary>
    public const uint SameOwner = uint.MaxValue;

    /// <summary>EEXIST.</summary>
    public const int Exists = 17;

    /// <summary>W_OK.</summary>
    public const int MayWrite = 2;

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Access(string path, int mode);

    /// <summary>link(2): of several that give a name at once, one does.</summary>
    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int Link(string existing, string name);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint GetEffectiveUserId();

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int ChangeOwner(string path, uint owner, uint group);

    /// <summary>getgrnam_r(3): asks the name service, so that groups of LDAP and SSSD count too.</summary>
    [LibraryImport("libc", EntryPoint = "getgrnam_r", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int GetGroupByName(string name, Group* group, byte* buffer, nuint size, Group** result);

    [StructLayout(LayoutKind.Sequential)]
    public struct Group
    {
        public byte* Name;
        public byte* Password;
        public uint Id;
        public byte** Members;
    }
}
