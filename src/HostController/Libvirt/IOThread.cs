namespace GuestTune.Controller.Libvirt;

/// <summary>An IOThread of a domain and the host CPUs that it may run on.</summary>
internal sealed record IOThread(int Id, IReadOnlyList<int> Cpus);
