using System.Collections.Concurrent;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.Power;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>Reset buttons that tell who pressed them.</summary>
internal sealed class FakePower : IVmPower
{
    public ConcurrentQueue<string> Resets { get; } = new();

    public string? Refusal { get; set; }

    /// <summary>What a VM does when it is reset.</summary>
    public Action<string> OnReset { get; set; } = _ => { };

    public string? WhyNot(VmEntry vm) => Refusal;

    public Task ResetAsync(VmEntry vm, CancellationToken cancellationToken)
    {
        Resets.Enqueue(vm.Name);
        OnReset(vm.Name);
        return Task.CompletedTask;
    }
}
