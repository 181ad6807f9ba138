using GuestTune.Controller.Inventory;

namespace GuestTune.Controller.Power;

/// <summary>The reset button of VMs.</summary>
internal interface IVmPower
{
    /// <returns>Why this VM has none for us, and what to do; null where it has.</returns>
    string? WhyNot(VmEntry vm);

    /// <exception cref="PowerException">It could not be pressed; the message says why.</exception>
    Task ResetAsync(VmEntry vm, CancellationToken cancellationToken);
}
