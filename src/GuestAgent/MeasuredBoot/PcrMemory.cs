using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Agent.MeasuredBoot;

/// <summary>
/// The registers as they were last read. The TPM counts the changes to its registers (<c>pcrUpdateCounter</c>, TPM 2.0 Library part 3, 22.4), so that
/// two commands tell whether they still are so, in place of one for each eight of them. For who has the TPM's turn.
/// </summary>
internal sealed class PcrMemory
{
    private uint? _uncounted;
    private Look? _last;

    /// <summary>Of the registers of the selections all that the TPM has, as they are now.</summary>
    public IReadOnlyList<PcrValue> Read(TpmClient tpm, IReadOnlyList<PcrSelection> wanted)
    {
        var uncounted = _uncounted ??= tpm.ReadUncountedPcrs();
        (uint, uint) starts;
        if (_last is { } last && last.Covers(wanted))
        {
            var changeable = tpm.ReadPcrs([.. wanted.Select(w => w with { Mask = w.Mask & uncounted & last.MaskOf(w.Bank) })], out var counter);

            // After the counter, which starts anew with the TPM: a machine may have slept in between.
            starts = tpm.ReadStarts();
            if (counter == last.UpdateCounter && starts == last.Starts)
            {
                _last = last.With(changeable);
                return _last.Of(wanted);
            }
        }
        else
        {
            starts = tpm.ReadStarts();
        }

        var values = tpm.ReadPcrs(wanted, out var updateCounter);
        _last = new Look(starts, updateCounter, wanted, values);
        return values;
    }

    /// <returns>As they were at the last look; null where not all of them were looked at.</returns>
    public IReadOnlyList<PcrValue>? Recall(PcrSelection wanted) => _last?.Of([wanted]) is { } values && values.Count == wanted.Count ? values : null;

    /// <param name="Starts">Taken before the registers: after another start of the TPM the next look finds them old.</param>
    /// <param name="Wanted">What was asked for, whether it was there or not.</param>
    private sealed record Look((uint ResetCount, uint RestartCount) Starts, uint UpdateCounter, IReadOnlyList<PcrSelection> Wanted, IReadOnlyList<PcrValue> Values)
    {
        public bool Covers(IReadOnlyList<PcrSelection> wanted) => wanted.All(w => (w.Mask & ~Wanted.FirstOrDefault(l => l.Bank == w.Bank).Mask) == 0);

        public uint MaskOf(TpmAlgorithm bank) => PcrSelection.MaskOf(Values, bank);

        public IReadOnlyList<PcrValue> Of(IReadOnlyList<PcrSelection> wanted) =>
            [.. wanted.SelectMany(w => Values.Where(v => v.Bank == w.Bank && w.Contains(v.Index)))];

        public Look With(IReadOnlyList<PcrValue> newer) =>
            this with { Values = [.. Values.Select(v => newer.FirstOrDefault(n => n.Bank == v.Bank && n.Index == v.Index) ?? v)] };
    }
}
