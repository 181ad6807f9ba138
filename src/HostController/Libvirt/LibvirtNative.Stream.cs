using System.Runtime.InteropServices;

namespace GuestTune.Controller.Libvirt;

/// <summary>Streams (libvirt-stream.h).</summary>
internal static unsafe partial class LibvirtNative
{
    [LibraryImport(Library)]
    public static partial StreamHandle virStreamNew(ConnectionHandle connection, uint flags);

    [LibraryImport(Library)]
    public static partial int virStreamFree(nint stream);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int virDomainOpenChannel(DomainHandle domain, string name, StreamHandle stream, uint flags);

    [LibraryImport(Library)]
    public static partial int virStreamSend(StreamHandle stream, byte* data, nuint sizeBytes);

    [LibraryImport(Library)]
    public static partial int virStreamRecv(StreamHandle stream, byte* data, nuint sizeBytes);

    [LibraryImport(Library)]
    public static partial int virStreamAbort(StreamHandle stream);

    [LibraryImport(Library)]
    public static partial int virStreamEventAddCallback(
        StreamHandle stream, int events, delegate* unmanaged[Cdecl]<void*, int, void*, void> callback, void* userData, delegate* unmanaged[Cdecl]<void*, void> free);

    [LibraryImport(Library)]
    public static partial int virStreamEventUpdateCallback(StreamHandle stream, int events);

    [LibraryImport(Library)]
    public static partial int virStreamEventRemoveCallback(StreamHandle stream);
}
