using GuestTune.Agent.BootLoader;
using GuestTune.Practices.Files;
using GuestTune.Practices.Tmpfiles;

namespace GuestTune.Agent.Haltpoll;

/// <summary>What one parameter is now and what it will be after a boot.</summary>
/// <param name="Line">Written to the kernel when it runs already, and so what counts where there is an argument, too.</param>
internal readonly record struct HaltpollValues(HaltpollParameter Parameter, FileReading InForce, TmpfilesValue? Line, ArgumentAcrossBoots Argument)
{
    public string? Persistent => Line?.Value ?? Argument.Next;

    public string PersistentSource => Line?.Configuration ?? Argument.NextSource;
}
