namespace GuestTune.Controller.MeasuredBoot.Baselines;

/// <summary>Names one baseline.</summary>
/// <param name="Name">Of the VM, or of the baseline.</param>
internal sealed record BaselineId(BaselineScope Scope, string Name)
{
    public override string ToString() => Scope == BaselineScope.Vm ? $"the baseline of {Name}" : $"the baseline '{Name}'";
}
