using GuestTune.Controller.Inventory;
using GuestTune.Controller.Libvirt;
using GuestTune.Controller.QemuGa;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Proofs;

/// <summary>All proofs that a host has, put to what an agent observed.</summary>
internal sealed class HostProofs(IReadOnlyList<IHostProof> proofs)
{
    public static HostProofs OfHost(LibvirtClients libvirt, TimeProvider time) => new([new BlockListProof(new QemuGaClient(libvirt), time)]);

    public async Task AddAsync(VmEntry vm, IEnumerable<Observation?> observations, CancellationToken cancellationToken)
    {
        foreach (var observation in observations)
        {
            foreach (var proof in proofs)
            {
                if (string.Equals(observation?.Practice, proof.Practice, StringComparison.Ordinal))
                {
                    await proof.AddAsync(vm, observation!, cancellationToken);
                }
            }
        }
    }
}
