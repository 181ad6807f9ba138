namespace GuestTune.Controller.HostPractices;

/// <summary>What the domains of this host need of static pages: a seam, since a host can be tuned without libvirt.</summary>
internal interface IDomainHugepages
{
    /// <param name="problem">Why it is not known; null where it is.</param>
    IReadOnlyList<DomainHugepages> Read(out string? problem);
}
