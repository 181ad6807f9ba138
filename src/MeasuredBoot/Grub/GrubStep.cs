namespace GuestTune.MeasuredBoot.Grub;

/// <summary>One thing that GRUB measures while it runs a script.</summary>
/// <param name="Text">A command with its arguments as they were expanded, or the path of a file that is read.</param>
public sealed record GrubStep(string Text, bool IsFile);
