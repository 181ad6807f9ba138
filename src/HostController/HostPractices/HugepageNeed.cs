namespace GuestTune.Controller.HostPractices;

/// <summary>Static pages that a domain takes when it runs.</summary>
/// <param name="PageSizeKiB">0: the host's default size.</param>
/// <param name="IsRunning">It has them already.</param>
internal sealed record HugepageNeed(string Domain, ulong PageSizeKiB, ulong Pages, bool IsRunning);
