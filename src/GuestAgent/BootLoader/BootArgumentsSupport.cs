namespace GuestTune.Agent.BootLoader;

/// <summary>Whether the kernel command line of this guest can be changed.</summary>
/// <param name="BootLoader">What was found, e.g. <c>GRUB, by grub-mkconfig and /etc/default/grub.d</c>.</param>
/// <param name="Reason">Why it cannot: what was found, and what to do by hand.</param>
/// <param name="Warnings">What somebody who changes it should know.</param>
internal sealed record BootArgumentsSupport(bool Supported, string BootLoader, string? Reason, IReadOnlyList<string> Warnings);
