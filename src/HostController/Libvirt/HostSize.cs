namespace GuestTune.Controller.Libvirt;

/// <summary>What libvirt says of the host that its domains run on.</summary>
/// <param name="Cpus">Those online.</param>
/// <param name="CpuNumbers">How many CPU numbers there are, offline ones included: pinning takes 0 to one less.</param>
internal sealed record HostSize(int Cpus, int CpuNumbers, int NumaNodes, long MemoryKib);
