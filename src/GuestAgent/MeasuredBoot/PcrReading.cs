using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Agent.MeasuredBoot;

/// <summary>Registers as they were read.</summary>
/// <param name="Source">A device, a folder of sysfs or a program.</param>
/// <param name="DeviceProblem">Why the TPM itself was not asked; null where it was.</param>
/// <param name="Banks">What was read of each bank: none where that is switched off.</param>
/// <param name="Values">In the order of the banks, then of the registers.</param>
internal sealed record PcrReading(string Source, string? DeviceProblem, IReadOnlyList<PcrSelection> Banks, IReadOnlyList<PcrValue> Values)
{
    /// <param name="wanted">None: everything.</param>
    public PcrReading Only(IReadOnlyList<PcrSelection> wanted)
    {
        if (wanted.Count == 0)
        {
            return this;
        }

        var banks = Among(wanted, Banks);
        return this with
        {
            Banks = banks,
            Values = [.. banks.SelectMany(b => Values.Where(v => v.Bank == b.Bank && b.Contains(v.Index)))],
        };
    }

    /// <returns>Of what is wanted, what there is.</returns>
    public static IReadOnlyList<PcrSelection> Among(IReadOnlyList<PcrSelection> wanted, IReadOnlyList<PcrSelection> there) =>
        wanted.Count == 0 ? there : [.. wanted.Select(w => w with { Mask = w.Mask & there.FirstOrDefault(t => t.Bank == w.Bank).Mask })];
}
