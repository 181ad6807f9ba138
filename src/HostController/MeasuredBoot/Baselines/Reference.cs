using GuestTune.Controller.MeasuredBoot.Comparison;

namespace GuestTune.Controller.MeasuredBoot.Baselines;

/// <summary>What VMs are held against: each VM's own baseline where both are null.</summary>
/// <param name="Named">A baseline for all; a VM's predictions count with it where they follow from it.</param>
/// <param name="Neighbour">Another VM, as it is now.</param>
internal sealed record Reference(Baseline? Named = null, BootSnapshot? Neighbour = null);
