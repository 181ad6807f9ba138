namespace GuestTune.Protocol;

/// <summary>Bounds what goes into a status message: it travels percent-encoded in an HTTP/2 header.</summary>
public static class StatusText
{
    public const int MaximumLength = 4096;

    public static string Bound(string text) => text.Length <= MaximumLength ? text : text[..(MaximumLength - 3)] + "...";
}
