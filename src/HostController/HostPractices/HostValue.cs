using GuestTune.Practices;

namespace GuestTune.Controller.HostPractices;

/// <summary>What a setting is now, and what the next boot makes of it as far as that is configured.</summary>
internal readonly record struct HostValue(HostSetting Setting, KnobReading Now, BootValue? Boot);
