namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>A line of the kernel's arguments in a boot file, before and after.</summary>
/// <param name="IsCommand">It names the kernel, as a command of grub.cfg; else the arguments alone are there.</param>
internal sealed record BootLineChange(string Before, string After, ArgumentEdit Edit, bool IsCommand)
{
    /// <summary>Makes the change in a line as GRUB carried it out, kernel first.</summary>
    /// <returns>Null where that line was made of another one.</returns>
    public string? Apply(string line) => Edit.Apply(line) ?? (IsCommand && !Edit.Lead.Any(static w => w.Contains('$', StringComparison.Ordinal)) ? null : Edit.ApplyFromEnd(line));
}
