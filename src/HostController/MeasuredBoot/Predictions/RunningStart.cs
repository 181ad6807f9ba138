using GuestTune.Controller.MeasuredBoot.Comparison;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Grub;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>The start that runs, as it was proven, and the boot files as they are now.</summary>
/// <param name="Count">Which start of the TPM it is.</param>
internal sealed record RunningStart(StartReferences References, BootSnapshot Running, StartCount Count, BootFileSet Files)
{
    /// <summary>The start that the boot files as they are now will give: the one that was predicted last, or the baseline where none is in force.</summary>
    /// <exception cref="UnpredictableException">Other files belong to it: the change that was predicted would be dropped unseen, were an older start taken in its place.</exception>
    public (PcrBank Bank, BootSnapshot Start) Expected()
    {
        var bank = Running.Bank!;
        var start = References.InForce is { IsPredicted: true } inForce ? inForce.ToSnapshot(References.Baseline) : BootSnapshot.Of(References.Baseline);
        var menu = bank.Hash(Files.Files[Files.Menu]);
        if (!start.EventsOf(GrubMeasurement.FilePcr).Any(e => e.DigestOf(bank).Span.SequenceEqual(menu)))
        {
            throw new UnpredictableException($"{Files.Menu} is not what GRUB measured at {start.Name}, or will: it was changed since, and not by this host");
        }

        foreach (var pcr in (int[])[GrubMeasurement.StringPcr, GrubMeasurement.FilePcr])
        {
            if (start.Explain(pcr) is not { Kind: PcrEvidenceKind.Proven })
            {
                throw new UnpredictableException($"the event log of {start.Name} does not explain PCR {pcr}");
            }
        }

        return (bank, start);
    }
}
