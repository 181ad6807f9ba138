namespace GuestTune.Controller.Libvirt;

/// <summary>What the URI of a libvirt says of where it is (uri.html).</summary>
internal static class LibvirtUri
{
    /// <summary>Whether paths of that host are surely paths of this one: a socket that the URI names may be forwarded from another host.</summary>
    public static bool IsThisHost(string uri)
    {
        var (scheme, rest) = uri.Split(':', 2) is [var before, var after] ? (before, after) : (uri, "");
        return scheme.Split('+') is [_] or [_, "unix"]
            && rest.StartsWith("///", StringComparison.Ordinal)
            && !rest.Contains("socket=", StringComparison.Ordinal)
            && !rest.Contains("name=", StringComparison.Ordinal);
    }
}
