using GuestTune.Controller.Fleet;
using GuestTune.Controller.MeasuredBoot.Baselines;
using GuestTune.Controller.MeasuredBoot.Comparison;
using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.Store;
using GuestTune.Controller.V1;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Grub;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>
/// Derives from a VM's own baseline what its next start will measure, once this host has changed something. Only the reference's proven events and
/// the request itself go into that; what the guest shows of its files is held against both.
/// </summary>
internal sealed class StartPredictor(IControllerStore store, IAttestor attestor, StoreFiles files, TimeProvider time)
{
    /// <summary>systemd-boot and the stub of unified kernel images measure command lines into it (src/boot/measure.c of systemd).</summary>
    private const int StubPcr = 12;

    private const int MaximumProblemLength = 400;

    /// <summary>A VM's own baseline and what was predicted from it.</summary>
    /// <returns>Null where there is none with registers that a command line goes into.</returns>
    /// <exception cref="IOException">The store cannot be read.</exception>
    public async Task<StartReferences?> FindAsync(string vm, CancellationToken cancellationToken)
    {
        // Who only changes a guest makes no store.
        if (!File.Exists(files.DatabasePath))
        {
            return null;
        }

        return await store.FindBaselineAsync(new BaselineId(Baselines.BaselineScope.Vm, vm), cancellationToken) is { } baseline && baseline.Values.Any(IsOfCommandLine)
            ? new StartReferences(baseline, await store.ListPredictionsAsync(vm, cancellationToken))
            : null;
    }

    private static bool IsOfCommandLine(PcrValue value) => value.Index is GrubMeasurement.StringPcr or GrubMeasurement.FilePcr || (value.Index == StubPcr && value.Digest.Any(static b => b != 0));

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
        var (reference, difference, _) = references.Judge(evidence, verdict, baseline.Selection);
        if (verdict is not { IsProven: true, Quote.Statement: { } statement })
        {
            throw new UnpredictableException($"the start that runs is not proven: {string.Join("; ", verdict.Problems)}");
        }

        if (!difference.IsEqual && !mayDiffer)
        {
            throw new UnpredictableException($"the start that runs differs already from {reference.Name}; see pcr check");
        }

        // Until a later start is proven to be without it, nobody knows what it made of the next one.
        var count = StartCount.Of(statement);
        if (references.InForce is { IsPredicted: false } before && !(before.IsFor(count) && difference.IsEqual))
        {
            throw new UnpredictableException($"what {before.Name} made of the next start was not predicted either; save the baseline anew after it");
        }

        var running = BootSnapshot.Of(evidence, verdict);
        var bank = PcrBank.Find(baseline.Selection.Bank)!;
        return running.Events.Any(e => GrubMeasurement.Read(e, bank, GrubMeasurement.KernelCommandLine) is not null)
            ? new RunningStart(references, running, count, await BootFileSet.ReadAsync(call))
            : throw new UnpredictableException(running.Events.Any(static e => e is { Pcr: StubPcr, IsExtended: true })
                ? $"it was not GRUB that measured the command line: systemd-boot and unified kernel images measure it into PCR {StubPcr}, and the kernel's EFI stub into 9, and nothing that they read it from"
                : "GRUB has measured no command line: it was built or started without its tpm module, or is not the boot loader");
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
        await store.SupersedeAsync(call.Vm.Name, start.Count, isBaseline && start.References.IsLast(undone) ? null : prediction, undone, start.References, call.Options.CancellationToken);
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
            start.References,
            call.Options.CancellationToken);
    }

    /// <summary>
    /// An operation changed what is started, or may have, and nobody can tell beforehand what will be measured: what was predicted until now counts
    /// for the start that runs, and no longer, and what differs then is known as this host's.
    /// </summary>
    /// <param name="running">The start that runs; null: the last one that was proven.</param>
    /// <param name="undone">The operation that it takes back; null: none that is known.</param>
    /// <returns>The baseline in words, where that is what counts now; else null.</returns>
    public async Task<string?> GiveUpAsync(
        string vm, StartCount? running, string operationId, PredictionKind kind, IReadOnlyList<TokenChange> changes, string reason, Prediction? undone, CancellationToken cancellationToken)
    {
        if (await FindAsync(vm, cancellationToken) is not { } references)
        {
            return null;
        }

        var count = running ?? (await store.FindAsync(vm, cancellationToken) is { } key ? StartCount.Of(key.LastSeen) : default);
        var next = new Prediction(vm, operationId, kind, changes, time.GetUtcNow(), count.Resets, Until: null, [], Problem: TerminalText.Escape(reason, MaximumProblemLength));
        if (kind == PredictionKind.Trial)
        {
            await store.AddPredictionAsync(next, seen: null, cancellationToken);
            return null;
        }

        // Without its last change a VM is as its baseline, which always counts.
        var isLast = references.IsLast(undone?.OperationId);
        await store.SupersedeAsync(vm, count, isLast ? null : next, undone?.OperationId, seen: null, cancellationToken);
        return isLast ? references.Baseline.Summary.Id.ToString() : null;
    }

    /// <summary>Holds the start that runs against its references.</summary>
    /// <param name="unpredicted">Why it could not be predicted; null: it was, or the references tell.</param>
    /// <returns>Whether it is proven equal, and to which; else how it differs from the closest, or why that was not predicted.</returns>
    public async Task<StartForecast> JudgeAsync(VmCallContext call, StartReferences references, string? unpredicted)
    {
        var selection = references.Baseline.Selection;
        var (evidence, verdict) = await attestor.AttestAsync(call, new EvidenceRequest(selection));
        var (reference, difference, prediction) = references.Judge(evidence, verdict, selection);
        if (verdict is not { IsProven: true, Quote.Statement: { } statement })
        {
            return Forecast(StartForecastState.Otherwise, $"not proven: {string.Join("; ", verdict.Problems)}");
        }

        var start = StartCount.Of(statement);
        await store.SeeStartAsync(call.Vm.Name, start, difference.IsEqual ? prediction : null, call.Options.CancellationToken);
        if (references.FindMissed(evidence, verdict, selection) is { } missed)
        {
            return Forecast(StartForecastState.Otherwise, $"it is {(difference.IsEqual ? $"as {reference.Name}, and " : "")}not {missed.Words}");
        }

        if (difference.IsProvenEqual)
        {
            return Forecast(StartForecastState.AsPredicted, reference.Name);
        }

        // Nothing is excused that no command line reaches.
        int[] differing = [.. difference.Pcrs.Where(static p => !p.IsEqual).Select(static p => p.Pcr)];
        return (unpredicted ?? references.Unpredicted(start).FirstOrDefault()?.Problem) is { } reason && Array.TrueForAll(differing, static p => p is GrubMeasurement.StringPcr or GrubMeasurement.FilePcr or StubPcr)
            ? Forecast(StartForecastState.NotPredicted, reason)
            : Forecast(StartForecastState.Otherwise, difference.IsEqual ? $"{reference.Name} was never proven" : $"differs from {reference.Name} in PCR {string.Join(", ", differing)}");
    }

    private static StartForecast Forecast(StartForecastState state, string text) => new() { State = state, Text = text };
}
