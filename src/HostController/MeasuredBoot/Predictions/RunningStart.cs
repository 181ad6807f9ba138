using GuestTune.Controller.MeasuredBoot.Comparison;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Grub;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>The start that runs, as it was proven, and the boot files as they are now.</summary>
/// <param name="Count">Which start of the TPM it is.</param>
internal sealed record RunningStart(StartReferences References, BootSnapshot Running, StartCount Count, BootFileSet Files)
{
    /// <summary>The start that the boot files as they are now will give: the running one, or one that was predicted since.</summary>
    /// <exception cref="UnpredictableException">None of them was measured with these files.</exception>
    public (PcrBank Bank, BootSnapshot Start) Expected()
    {
        var bank = Running.Bank!;
        var menu = bank.Hash(Files.Files[Files.Menu]);
        var start = References.Predictions.Where(static p => p is { IsPredicted: true, Kind: not PredictionKind.Trial, Until: null }).Select(p => p.ToSnapshot(References.Baseline))
            .Append(BootSnapshot.Of(References.Baseline))
            .FirstOrDefault(s => s.EventsOf(GrubMeasurement.FilePcr).Any(e => e.DigestOf(bank).Span.SequenceEqual(menu)))
            ?? throw new UnpredictableException($"{Files.Menu} is not what GRUB measured: it was changed since the guest was started, and not by this host");
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
