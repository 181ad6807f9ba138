using GuestTune.Controller.Fleet;
using GuestTune.Controller.MeasuredBoot.Baselines;
using GuestTune.Controller.MeasuredBoot.Comparison;
using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.Controller.Store;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Grub;

namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>
/// Derives from a VM's own baseline what its next start will measure, once this host has changed something. Only the reference's proven events and
/// the request itself go into that; what the guest shows of its files is held against both.
/// </summary>
internal sealed class StartPredictor(IControllerStore store, IAttestor attestor, StoreFiles files, TimeProvider time)
{
    private const uint GrubPcrs = (1 << GrubMeasurement.StringPcr) | (1 << GrubMeasurement.FilePcr);

    /// <summary>A VM's own baseline and what was predicted from it.</summary>
    /// <returns>Null where there is none that GRUB's registers belong to.</returns>
    /// <exception cref="IOException">The store cannot be read.</exception>
    public async Task<StartReferences?> FindAsync(string vm, CancellationToken cancellationToken)
    {
        // Who only changes a guest makes no store.
        if (!File.Exists(files.DatabasePath))
        {
            return null;
        }

        return await store.FindBaselineAsync(new BaselineId(BaselineScope.Vm, vm), cancellationToken) is { } baseline && (baseline.Selection.Mask & GrubPcrs) != 0
            ? new StartReferences(baseline, await store.ListPredictionsAsync(vm, cancellationToken))
            : null;
    }

    /// <summary>Makes sure of what runs, and reads what the next start will be made from.</summary>
    /// <param name="mayDiffer">Also where the start that runs is none of the references, as one that fell back.</param>
    /// <exception cref="UnpredictableException">It is not known what runs, or it is not right.</exception>
    public async Task<RunningStart> LookAsync(VmCallContext call, StartReferences references, bool mayDiffer)
    {
        var baseline = references.Baseline;
        if (!baseline.Summary.IsProven || baseline.EventLog is null)
        {
            throw new UnpredictableException(baseline.EventLog is null ? $"{baseline.Summary.Id} has no event log" : $"{baseline.Summary.Id} was never proven");
        }

        var (evidence, verdict) = await attestor.AttestAsync(call, new EvidenceRequest(baseline.Selection));
        var (reference, difference) = references.Judge(evidence, verdict, baseline.Selection);
        return verdict is not { IsProven: true, Quote.Statement: { } statement }
            ? throw new UnpredictableException($"the start that runs is not proven: {string.Join("; ", verdict.Problems)}")
            : !difference.IsEqual && !mayDiffer ? throw new UnpredictableException($"the start that runs differs already from {reference.Name}; see pcr check")
            : new RunningStart(references, BootSnapshot.Of(evidence, verdict), StartCount.Of(statement), await BootFileSet.ReadAsync(call));
    }

    /// <summary>The start after a change that was made since <paramref name="start"/> was looked at; it takes the place of all others.</summary>
    /// <param name="requested">All that the operation may do to the command line.</param>
    /// <param name="undone">The operation that it takes back; null: none.</param>
    /// <returns>The start in words; null where no boot file was changed.</returns>
    /// <exception cref="UnpredictableException">Something else was changed, too.</exception>
    public async Task<string?> AfterChangeAsync(VmCallContext call, RunningStart start, string operationId, IReadOnlyList<RequestedArgument> requested, string? undone)
    {
        var changes = BootFileChange.Between(start.Files, await BootFileSet.ReadAsync(call), requested);
        if (changes.Count == 0)
        {
            return null;
        }

        var (bank, expected) = start.Expected();
        var baseline = start.References.Baseline;
        var prediction = new Prediction(
            call.Vm.Name,
            operationId,
            undone is null ? PredictionKind.Change : PredictionKind.Undo,
            [.. changes.SelectMany(static c => c.Lines).SelectMany(static l => l.Edit.Changes).Distinct()],
            time.GetUtcNow(),
            start.Count.Resets,
            Until: null,
            BootEventLogWriter.Write(GrubPrediction.After(expected.Events, bank, changes), bank));
        var isBaseline = prediction.ToSnapshot(baseline) is var next && baseline.Values.All(v => next.ValueOf(v.Index)!.Digest.AsSpan().SequenceEqual(v.Digest));
        await store.SupersedeAsync(call.Vm.Name, start.Count, isBaseline && undone is not null ? null : prediction, undone, call.Options.CancellationToken);
        return isBaseline ? baseline.Summary.Id.ToString() : next.Name;
    }

    /// <summary>Makes sure that the next start is one of the references; one with a boot trial is added to them, before that is armed.</summary>
    /// <param name="trial">The operation whose trial it will be; null: none.</param>
    /// <exception cref="UnpredictableException">It cannot be told what GRUB will do.</exception>
    public async Task BeforeRestartAsync(VmCallContext call, RunningStart start, string? trial)
    {
        var (bank, expected) = start.Expected();
        if (trial is null)
        {
            return;
        }

        var running = start.Running.Events.Select(e => GrubMeasurement.Read(e, bank, GrubMeasurement.KernelCommandLine)).OfType<string>().LastOrDefault()
            ?? throw new UnpredictableException("no kernel command line was measured");
        var events = TrialPrediction.Of(expected.Events, bank, start.Files, running, trial);
        await store.AddPredictionAsync(
            new Prediction(call.Vm.Name, trial, PredictionKind.Trial, [], time.GetUtcNow(), start.Count.Resets, Until: null, BootEventLogWriter.Write(events, bank)),
            call.Options.CancellationToken);
    }

    /// <summary>An operation was taken back, and what comes is not predicted.</summary>
    public Task WithdrawAsync(VmCallContext call, string operationId, StartCount? running) => store.WithdrawAsync(call.Vm.Name, operationId, running, call.Options.CancellationToken);

    /// <summary>Holds the start that runs against its references.</summary>
    /// <param name="operationId">Its boot trial, where there was one, ends with this start.</param>
    /// <returns>Whether it is proven equal, and to which; else how it differs from the closest.</returns>
    public async Task<(bool IsAsPredicted, string Text)> JudgeAsync(VmCallContext call, StartReferences references, string operationId)
    {
        var selection = references.Baseline.Selection;
        var (evidence, verdict) = await attestor.AttestAsync(call, new EvidenceRequest(selection));
        var (reference, difference) = references.Judge(evidence, verdict, selection);
        if (verdict is { IsProven: true, Quote.Statement: { } statement })
        {
            await store.EndTrialAsync(call.Vm.Name, operationId, StartCount.Of(statement), call.Options.CancellationToken);
        }

        return difference.IsProvenEqual && references.FindMissed(evidence, verdict, selection) is { } missed
            ? (false, $"it is as {references.Baseline.Summary.Id}, and not {missed.Words}")
            : (difference.IsProvenEqual, difference.IsProvenEqual ? reference.Name
            : difference.IsEqual ? $"not proven: {string.Join("; ", verdict.Problems)}"
            : $"differs from {reference.Name} in PCR {string.Join(", ", difference.Pcrs.Where(static p => !p.IsEqual).Select(static p => p.Pcr))}");
    }
}
