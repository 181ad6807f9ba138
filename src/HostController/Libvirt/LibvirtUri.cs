namespace GuestTune.Controller.Libvirt;

/// <summary>What the URI of a libvirt says of where it is (uri.html).</summary>
internal static class LibvirtUri
{
    /// <summary>Whether the VMs run on this host: the URI names no other one, and QEMU's driver, since others have no processes here that are looked at.</summary>
    public static bool IsThisHost(string uri) => IsLocal(uri, out var driver) && driver is "qemu";

    /// <summary>Whether block devices that definitions name are those of this host: of any driver that works on it, without processes to be looked at, too.</summary>
    public static bool HasDevicesOfThisHost(string uri) => IsLocal(uri, out var driver) && driver is not "remote";

    /// <summary>Whether paths of that host are surely paths of this one: a socket that the URI names may be forwarded from another host.</summary>
    public static bool HasPathsOfThisHost(string uri) =>
        IsThisHost(uri) && !uri.Contains("socket=", StringComparison.Ordinal) && !uri.Contains("name=", StringComparison.Ordinal);

    /// <summary>DRIVER[+TRANSPORT]://[HOST]/...: of the transports only a socket of this host leads nowhere else.</summary>
    private static bool IsLocal(string uri, out string driver)
    {
        var isUri = Uri.TryCreate(uri, UriKind.Absolute, out var parsed);
        var parts = isUri ? parsed!.Scheme.Split('+') : [""];
        driver = parts[0];
        return isUri && parsed!.Host.Length == 0 && parts is [_] or [_, "unix"];
    }
}
