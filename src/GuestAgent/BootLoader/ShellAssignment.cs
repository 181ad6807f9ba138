namespace GuestTune.Agent.BootLoader;

/// <summary>Where the value of one assignment stands in a file that a shell reads; quotes included.</summary>
internal readonly record struct ShellAssignment(string Name, int Start, int End);
