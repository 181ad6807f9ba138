namespace GuestTune.Agent.BootLoader;

/// <summary>What was found: a boot loader that can be configured, or why there is none.</summary>
internal sealed record BootLoaderDetection(IBootLoader? Loader, string Found, string? Reason)
{
    public static BootLoaderDetection Refused(string found, string whatToDo) => new(null, found, $"{found}: GuestTune does not change its kernel command line. {whatToDo}");
}
