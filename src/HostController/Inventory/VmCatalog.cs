using GuestTune.Controller.Channel;

namespace GuestTune.Controller.Inventory;

/// <summary>All sources as one list of VMs; a source that fails is reported beside what the others said.</summary>
internal sealed class VmCatalog(IReadOnlyList<IVmSource> sources)
{
    public async ValueTask<VmCatalogSnapshot> LoadAsync(CancellationToken cancellationToken)
    {
        var vms = new Dictionary<string, VmEntry>(StringComparer.Ordinal);
        var failures = new List<string>();
        var warnings = new List<string>();
        foreach (var source in sources)
        {
            IReadOnlyList<VmEntry> found;
            try
            {
                found = await source.ListAsync(cancellationToken);
            }
            catch (VmSourceException e)
            {
                failures.Add(e.Message);
                continue;
            }

            foreach (var vm in found)
            {
                // The first source wins: the inventory comes first, so that an administrator can overrule libvirt.
                if (vms.TryAdd(vm.Name, vm))
                {
                    continue;
                }

                vms[vm.Name] = vms[vm.Name] with { QemuGa = vms[vm.Name].QemuGa ?? vm.QemuGa };
                if (vm.Channel is not LibvirtChannel && vms[vm.Name].Channel != vm.Channel)
                {
                    warnings.Add($"VM '{vm.Name}' is in {vms[vm.Name].Source} and in {vm.Source} with different channels: the one of {vms[vm.Name].Source} is used.");
                }
            }
        }

        var sorted = vms.Values.ToArray();
        Array.Sort(sorted, (a, b) => NaturalOrder.Compare(a.Name, b.Name));
        return new VmCatalogSnapshot(sorted, sources.Count, failures, warnings);
    }
}
