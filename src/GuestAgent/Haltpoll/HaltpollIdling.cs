namespace GuestTune.Agent.Haltpoll;

/// <summary>How the kernel idles, and the two switches that decide whether it may do so by haltpoll.</summary>
/// <param name="Force">Null where neither the kernel nor its command line says anything; so with <paramref name="Enable"/>.</param>
internal readonly record struct HaltpollIdling(string? Driver, string? Governor, bool? Force, bool? Enable)
{
    public const string Name = "haltpoll";

    public bool IsHaltpoll => Driver is Name && Governor is Name;
}
