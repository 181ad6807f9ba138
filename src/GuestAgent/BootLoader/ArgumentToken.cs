namespace GuestTune.Agent.BootLoader;

/// <summary>An argument and where it stands in its line, quotes included.</summary>
internal readonly record struct ArgumentToken(KernelArgument Argument, int Start, int End);
