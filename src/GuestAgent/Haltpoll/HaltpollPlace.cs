namespace GuestTune.Agent.Haltpoll;

/// <summary>Where values are kept for later boots.</summary>
/// <param name="WhyNotBootArguments">Null: as arguments of the kernel; else they are lines of tmpfiles.d, for this reason.</param>
internal readonly record struct HaltpollPlace(string? WhyNotBootArguments)
{
    public bool IsBootArguments => WhyNotBootArguments is null;
}
