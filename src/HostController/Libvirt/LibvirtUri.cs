namespace GuestTune.Controller.Libvirt;

/// <summary>What the URI of a libvirt says of where it is (uri.html).</summary>
internal static class LibvirtUri
{
    /// <summary>Whether the VMs run on this host: the URI names no other one, and QEMU's driver, since others have no processes here that are looked at.</summary>
    public static bool IsThisHost(string uri) =>
        Uri.TryCreate(uri, UriKind.Absolute, out var parsed) && parsed.Host.Length == 0 && parsed.Scheme is "qemu" or "qemu+unix";

    /// <summary>Whether paths of that host are surely paths of this one: a socket that the URI names may be forwarded from another host.</summary>
    public static bool HasPathsOfThisHost(string uri) =>
        IsThisHost(uri) && !uri.Contains("socket=", StringComparison.Ordinal) && !uri.Contains("name=", StringComparison.Ordinal);
}
