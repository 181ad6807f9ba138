namespace GuestTune.Controller.HostPractices;

/// <summary>Static pages that a domain takes when it runs.</summary>
/// <param name="PageSizeKiB">0: the host's default size.</param>
/// <param name="IsRunning">It has them already.</param>
internal sealed record DomainHugepages(string Domain, ulong PageSizeKiB, ulong MemoryKiB, bool IsRunning)
{
    /// <summary>A page of which only a part is needed is taken whole.</summary>
    public ulong PagesOf(ulong pageSizeKiB) => pageSizeKiB == 0 ? 0 : (MemoryKiB + pageSizeKiB - 1) / pageSizeKiB;
}
