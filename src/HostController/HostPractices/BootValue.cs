namespace GuestTune.Controller.HostPractices;

/// <summary>A value that a boot sets, and the file that says so.</summary>
internal readonly record struct BootValue(string Value, string Configuration);
