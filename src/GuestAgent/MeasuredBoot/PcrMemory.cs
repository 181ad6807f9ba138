using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Agent.MeasuredBoot;

/// <summary>
/// The registers as they were last read. The TPM counts the changes to its registers (<c>pcrUpdateCounter</c>, TPM 2.0 Library part 3, 22.4), so that
/// two commands tell whether they still are so, in place of one for each eight of them. For who has the TPM's turn.
/// </summary>
internal sealed class PcrMemory
{
    private Snapshot? _last;

    /// <param name="path">The TPM's device.</param>
    /// <param name="wanted">None: everything.</param>
    /// <returns>Of what is wanted all that the TPM has, as it is now.</returns>
    public PcrReading Read(TpmClient tpm, string path, IReadOnlyList<PcrSelection> wanted)
    {
        var known = Known(path);
        var confirmed = Confirm(tpm, path, wanted);
        _last = null;

        // After the counter, which starts anew with the TPM: a machine may have slept in between. And before the registers: after another start the next
        // call finds them old.
        var now = TryReadTime(tpm);
        if (known is not null && now?.Follows(known.ReadAt) is not true)
        {
            known = null;
        }

        if (known is not null && confirmed is not null)
        {
            _last = confirmed with { ReadAt = now!.Value };
            return _last.Of(wanted);
        }

        var allocation = known?.Allocation ?? tpm.ReadAllocation();
        var uncounted = known?.Uncounted ?? tpm.ReadUncountedPcrs();
        var values = tpm.ReadPcrs(PcrReading.Among(wanted, allocation), out var updateCounter);
        var snapshot = new Snapshot(path, now ?? default, allocation, uncounted, updateCounter, values);
        // A reading of nothing has no counter.
        _last = now is null || values.Count == 0 ? null : snapshot;
        return snapshot.Of(wanted);
    }

    /// <summary>The same by one command, but for what a new start of the TPM changed, which only <see cref="Read"/> finds.</summary>
    /// <returns>Null where a register was extended since the last reading, or not all was read then, or the TPM has none of them.</returns>
    public PcrReading? Recall(TpmClient tpm, string path, IReadOnlyList<PcrSelection> wanted) => Confirm(tpm, path, wanted)?.Of(wanted);

    private Snapshot? Confirm(TpmClient tpm, string path, IReadOnlyList<PcrSelection> wanted)
    {
        if (Known(path) is not { } known || !known.Covers(wanted))
        {
            return null;
        }

        var newer = tpm.ReadPcrs(known.Telltales(wanted), out var counter);
        return newer.Count > 0 && counter == known.UpdateCounter ? known.With(newer) : null;
    }

    private Snapshot? Known(string path) => string.Equals(_last?.Path, path, StringComparison.Ordinal) ? _last : null;

    /// <summary>Without a clock nothing can be remembered; what there is can be read all the same.</summary>
    private static TpmTimeInfo? TryReadTime(TpmClient tpm)
    {
        try
        {
            return tpm.ReadClock();
        }
        catch (Exception e) when (e is TpmException or TpmFormatException)
        {
            return null;
        }
    }

    /// <param name="Allocation">The registers of each bank, which change with a reset of the TPM only.</param>
    /// <param name="Uncounted">A mask of the registers whose changes the counter does not count.</param>
    private sealed record Snapshot(
        string Path, TpmTimeInfo ReadAt, IReadOnlyList<PcrSelection> Allocation, uint Uncounted, uint UpdateCounter, IReadOnlyList<PcrValue> Values)
    {
        public bool Covers(IReadOnlyList<PcrSelection> wanted) =>
            PcrReading.Among(wanted, Allocation).All(w => (w.Mask & ~PcrSelection.MaskOf(Values, w.Bank)) == 0);

        /// <summary>What has to be read at any rate; one register at least, since the counter comes with it.</summary>
        public PcrSelection[] Telltales(IReadOnlyList<PcrSelection> wanted)
        {
            var there = PcrReading.Among(wanted, Allocation);
            var uncounted = there.Select(w => w with { Mask = w.Mask & Uncounted }).ToArray();
            return uncounted.Any(static u => u.Mask != 0) ? uncounted : [.. there.Select(static w => w with { Mask = w.Mask & (~w.Mask + 1) }).Where(static w => w.Mask != 0).Take(1)];
        }

        public PcrReading Of(IReadOnlyList<PcrSelection> wanted)
        {
            var banks = PcrReading.Among(wanted, [.. Allocation.Select(a => a with { Mask = PcrSelection.MaskOf(Values, a.Bank) })]);
            return new PcrReading(Path, null, banks, [.. banks.SelectMany(b => Values.Where(v => v.Bank == b.Bank && b.Contains(v.Index)))]);
        }

        public Snapshot With(IReadOnlyList<PcrValue> newer) => this with
        {
            Values = [.. Values.Select(v => newer.FirstOrDefault(n => n.Bank == v.Bank && n.Index == v.Index) ?? v)],
        };
    }
}
