namespace GuestTune.Controller.MeasuredBoot.Comparison;

/// <summary>A token of a command line that is new, or gone.</summary>
internal sealed record TokenChange(bool IsAdded, string Token)
{
    public override string ToString() => (IsAdded ? "+" : "-") + Token;
}
