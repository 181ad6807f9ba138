using GuestTune.Controller.MeasuredBoot.Comparison;

namespace GuestTune.Controller.MeasuredBoot.Baselines;

/// <summary>What VMs are held against.</summary>
/// <param name="Boot">The one for all; null: each VM's own baseline.</param>
internal sealed record Reference(BootSnapshot? Boot);
