using GuestTune.Controller.Inventory;
using GuestTune.Controller.Libvirt;
using GuestTune.Controller.Rendering;

namespace GuestTune.Controller.Power;

/// <summary>Resets a VM where it is known from: by its monitor as the inventory names it, or by libvirt.</summary>
internal sealed class VmPower(LibvirtClients libvirt, TimeProvider time) : IVmPower
{
    /// <summary>QEMU and libvirt answer within milliseconds, unless they hang or somebody else has the monitor.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);

    public string? WhyNot(VmEntry vm) => vm.Monitor is not null || !IsOfInventory(vm) ? null
        : $"the inventory names no 'monitor' of '{vm.Name}' (the path of QEMU's QMP socket)";

    public async Task ResetAsync(VmEntry vm, CancellationToken cancellationToken)
    {
        if (WhyNot(vm) is { } reason)
        {
            throw new PowerException(reason);
        }

        using var limit = new CancellationTokenSource(TimeLimit, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            await (vm.Monitor is { } monitor ? QmpMonitor.ResetAsync(monitor, linked.Token) : ResetDomainAsync(vm, linked.Token));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PowerException(
                vm.Monitor is { } silent
                    ? $"the monitor at {silent} gave no answer within {TimeLimit.TotalSeconds:0} s; does another program hold it? It has one user at a time"
                    : $"libvirt {vm.Source} gave no answer within {TimeLimit.TotalSeconds:0} s; is its daemon hanging?",
                e);
        }
    }

    private async Task ResetDomainAsync(VmEntry vm, CancellationToken cancellationToken)
    {
        try
        {
            await libvirt.Get(vm.Source, LibvirtAccess.Write).DoAsync(
                connection =>
                {
                    using var domain = connection.Find(vm.Name);
                    domain.Reset();
                },
                cancellationToken);
        }
        catch (LibvirtException e)
        {
            throw new PowerException($"libvirt {vm.Source} does not reset '{vm.Name}': {TerminalText.Escape(e.Message, 300)}", e);
        }
    }

    private static bool IsOfInventory(VmEntry vm) => string.Equals(vm.Source, InventoryParser.SourceName, StringComparison.Ordinal);
}
