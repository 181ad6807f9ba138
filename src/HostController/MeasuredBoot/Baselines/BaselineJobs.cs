using Google.Protobuf;
using Grpc.Core;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.MeasuredBoot.Comparison;
using GuestTune.Controller.MeasuredBoot.Documents;
using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.Controller.MeasuredBoot.Predictions;
using GuestTune.Controller.Store;
using GuestTune.Controller.V1;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Baselines;

/// <summary>Saves boots as references, holds boots against them, and signs evidence for archives; every one of these is audited.</summary>
internal sealed class BaselineJobs(IControllerStore store, IAttestor attestor, StoreFiles files, TimeProvider time) : IDisposable
{
    /// <summary>So that no VM is asked for what cannot be kept.</summary>
    /// <exception cref="RpcException">FAILED_PRECONDITION: the store cannot be used.</exception>
    public Task ExpectStoreAsync(CancellationToken cancellationToken) => StoreErrors.AsRpcAsync(() => store.ListAuditAsync(limit: 1, cancellationToken));

    /// <summary>The key that documents are signed by.</summary>
    /// <exception cref="RpcException">FAILED_PRECONDITION: it can neither be read nor made.</exception>
    public ControllerKey OpenKey() => StoreErrors.AsRpc(() => ControllerKey.Open(files));

    public async Task<ListBaselinesResponse> ListAsync(ListBaselinesRequest request, CancellationToken cancellationToken)
    {
        var response = new ListBaselinesResponse();
        if (request.Name.Length == 0)
        {
            var all = await StoreErrors.AsRpcAsync(() => store.ListBaselinesAsync(cancellationToken));
            response.Baselines.AddRange(all.Select(static b => new BaselineEntry { Info = BaselineMessages.Of(b) }));
        }
        else
        {
            var baseline = await FindAsync(ReferenceName.Parse(request.Name), cancellationToken);
            var entry = BaselineMessages.Of(baseline);
            if (baseline.Summary.Id.Scope == BaselineScope.Vm)
            {
                var predictions = await StoreErrors.AsRpcAsync(() => store.ListPredictionsAsync(baseline.Summary.Vm, cancellationToken));
                entry.Predicted.AddRange(StoreErrors.AsRpc(() => predictions.Select(p => BaselineMessages.Of(p, baseline)).ToArray()));
            }

            response.Baselines.Add(entry);
        }

        return response;
    }

    public async Task<RemoveBaselineResponse> RemoveAsync(RemoveBaselineRequest request, CancellationToken cancellationToken)
    {
        var baseline = await FindAsync(ReferenceName.Parse(request.Name), cancellationToken);
        await StoreErrors.AsRpcAsync(() => store.RemoveBaselineAsync(baseline.Summary.Id, cancellationToken));
        await AuditAsync("pcr baseline remove", baseline.Summary.Id.ToString(), "removed", cancellationToken);
        return new RemoveBaselineResponse { Removed = BaselineMessages.Of(baseline.Summary) };
    }

    /// <param name="name">Null: the VM's own.</param>
    public async Task<VmEvent> SaveAsync(VmCallContext call, string? name, PcrSelection selection, bool replace, bool acceptUnproven)
    {
        var cancellationToken = call.Options.CancellationToken;
        var id = name is null ? new BaselineId(BaselineScope.Vm, call.Vm.Name) : new BaselineId(BaselineScope.Name, name);
        var there = await StoreErrors.AsRpcAsync(() => store.FindBaselineAsync(id, cancellationToken)) is not null;
        if (there && !replace)
        {
            throw Refused($"there is {id} already; --replace puts this boot in its place");
        }

        var (evidence, verdict) = await AttestAsync(call, selection);
        if (!verdict.IsProven && !acceptUnproven)
        {
            await AuditAsync("pcr baseline save", id.ToString(), "refused: not proven", cancellationToken);
            throw Refused($"the boot is not proven, and so not saved: {Reasons(verdict)}; --unproven saves what is only claimed, and nothing is ever proven equal to it");
        }

        var keyName = evidence.AttestationKey is { } key && verdict.IsProven ? TpmPublic.Parse(key).ComputeName() : null;
        var summary = new BaselineSummary(id, evidence.Vm, evidence.BootId, evidence.CollectedAt, time.GetUtcNow(), verdict.IsProven);
        PcrValue[] values = [.. evidence.Values.Where(v => v.Bank == selection.Bank && selection.Contains(v.Index))];
        var baseline = new Baseline(summary, keyName, selection, values, evidence.EventLog, evidence.EventLogProblem);
        if (!await StoreErrors.AsRpcAsync(() => store.SaveBaselineAsync(baseline, replace, cancellationToken)))
        {
            throw Refused($"somebody else has saved {id} meanwhile; --replace puts this boot in its place");
        }

        await AuditAsync("pcr baseline save", id.ToString(), there ? "replaced" : "saved", cancellationToken);
        var saved = new BaselineSaved
        {
            Info = BaselineMessages.Of(summary),
            Replaced = there,
            RegisterCount = (uint)values.Length,
            EventLogProblem = evidence.EventLog is null ? evidence.EventLogProblem ?? "there is no event log" : "",
        };
        saved.Problems.AddRange(verdict.Problems);
        return new VmEvent { BaselineSaved = saved };
    }

    /// <param name="mask">Registers that count; 0: all of the reference's.</param>
    public async Task<VmEvent> CheckAsync(VmCallContext call, Reference reference, uint mask)
    {
        var cancellationToken = call.Options.CancellationToken;
        var references = reference.Neighbour is null ? await FindReferencesAsync(call.Vm.Name, reference.Named, cancellationToken) : null;
        var whole = reference.Neighbour?.Selection ?? references!.Baseline.Selection;
        var selection = whole with { Mask = mask == 0 ? whole.Mask : mask };
        var (evidence, verdict) = await AttestAsync(call, selection);
        if (references is null)
        {
            return await AnswerAsync(reference.Neighbour!, BootComparison.Compare(reference.Neighbour!, BootSnapshot.Of(evidence, verdict), selection), []);
        }

        var (against, difference, prediction) = StoreErrors.AsRpc(() => references.Judge(evidence, verdict, selection));
        StartCount? start = verdict is { IsProven: true, Quote.Statement: { } statement } ? StartCount.Of(statement) : null;
        if (start is { } proven && references.Predictions.Count > 0)
        {
            await StoreErrors.AsRpcAsync(async () =>
            {
                await store.SeeStartAsync(call.Vm.Name, proven, difference.IsEqual && reference.Named is null && selection == whole ? prediction : null, cancellationToken);
                return true;
            });
        }

        var answer = await AnswerAsync(against, difference, references.Unpredicted(start));
        if (StoreErrors.AsRpc(() => references.FindMissed(evidence, verdict, selection)) is { } missed)
        {
            answer.BootCheck.Notes.Add($"{missed.Name} is in force, and this start is without it");
        }

        return answer;

        async Task<VmEvent> AnswerAsync(BootSnapshot against, BootDifference difference, IEnumerable<Prediction> unpredicted)
        {
            await AuditAsync($"pcr check against {against.Name}", call.Vm.Name, Outcome(difference), cancellationToken);
            var check = BaselineMessages.Of(difference, against.Name, evidence, verdict);
            check.Unpredicted.AddRange(unpredicted.Select(static p => $"{p.Name} was not predicted: {p.Problem}"));
            return new VmEvent { BootCheck = check };
        }
    }

    public async Task<VmEvent> CollectAsync(VmCallContext call, PcrSelection selection, ControllerKey key)
    {
        var (evidence, verdict) = await AttestAsync(call, selection);
        var document = new EvidenceDocument(evidence, new RecordedVerdict(verdict.IsProven, verdict.Key, verdict.Problems), Environment.MachineName);
        var envelope = SignedEnvelope.Sign(EvidenceDocument.PayloadType, document.ToBytes(), key);
        await AuditAsync("pcr collect", call.Vm.Name, verdict.IsProven ? "proven" : "not proven", call.Options.CancellationToken);
        var message = new BootDocument { Content = UnsafeByteOperations.UnsafeWrap(envelope.ToBytes()), IsProven = verdict.IsProven };
        message.Problems.AddRange(verdict.Problems);
        return new VmEvent { BootDocument = message };
    }

    /// <summary>For a VM that others are held against.</summary>
    public async Task<BootSnapshot> SnapshotAsync(VmCallContext call, PcrSelection selection)
    {
        var (evidence, verdict) = await AttestAsync(call, selection);
        return BootSnapshot.Of(evidence, verdict);
    }

    public void Dispose() => store.Dispose();

    /// <returns>Null where there is none of that name.</returns>
    public Task<Baseline?> FindNamedAsync(string name, CancellationToken cancellationToken) =>
        StoreErrors.AsRpcAsync(() => store.FindBaselineAsync(new BaselineId(BaselineScope.Name, name), cancellationToken));

    /// <exception cref="RpcException">NOT_FOUND, or INVALID_ARGUMENT where the name could be two.</exception>
    public async Task<Baseline> FindAsync(ReferenceName name, CancellationToken cancellationToken)
    {
        var own = name.Scope is null or BaselineScope.Vm
            ? await StoreErrors.AsRpcAsync(() => store.FindBaselineAsync(new BaselineId(BaselineScope.Vm, name.Name), cancellationToken))
            : null;
        var named = name.Scope is null or BaselineScope.Name ? await FindNamedAsync(name.Name, cancellationToken) : null;
        return (own, named) switch
        {
            (not null, not null) => throw name.Ambiguous(),
            (null, null) => throw new RpcException(new Status(
                StatusCode.NotFound,
                name.Scope == BaselineScope.Vm
                    ? $"{name.Shown} has no baseline; save one: guesttune pcr baseline save {name.Shown}"
                    : $"there is no baseline '{name.Shown}'; 'guesttune pcr baseline show' lists what there is")),
            _ => own ?? named!,
        };
    }

    /// <param name="named">Null: the VM's own baseline.</param>
    private async Task<StartReferences> FindReferencesAsync(string vm, Baseline? named, CancellationToken cancellationToken)
    {
        var predictions = await StoreErrors.AsRpcAsync(() => store.ListPredictionsAsync(vm, cancellationToken));
        if (named is null)
        {
            return new StartReferences(await FindAsync(new ReferenceName(BaselineScope.Vm, vm), cancellationToken), predictions);
        }

        var own = predictions.Count == 0 ? null : await StoreErrors.AsRpcAsync(() => store.FindBaselineAsync(new BaselineId(BaselineScope.Vm, vm), cancellationToken));
        return StoreErrors.AsRpc(() => StartReferences.OfNamed(named, own, predictions));
    }

    private Task<(BootEvidence Evidence, EvidenceVerdict Verdict)> AttestAsync(VmCallContext call, PcrSelection selection) =>
        StoreErrors.AsRpcAsync(() => attestor.AttestAsync(call, new EvidenceRequest(selection)));

    private static string Outcome(BootDifference difference)
    {
        var different = difference.Pcrs.Where(static p => !p.IsEqual).Select(static p => p.Pcr).ToArray();
        return different.Length > 0 ? $"different: PCR {string.Join(", ", different)}{(difference.BootIsProven ? "" : ", not proven")}" : difference.IsProvenEqual ? "proven equal" : "equal, not proven";
    }

    private static string Reasons(EvidenceVerdict verdict) =>
        verdict.Problems.Count > 0 ? string.Join("; ", verdict.Problems) : $"the attestation key is {EvidenceDocument.Word(verdict.Key)}";

    private static RpcException Refused(string message) => new(new Status(StatusCode.FailedPrecondition, message));

    private Task<bool> AuditAsync(string action, string target, string outcome, CancellationToken cancellationToken) => StoreErrors.AsRpcAsync(async () =>
    {
        await store.AppendAuditAsync(Caller.Current.Record(time.GetUtcNow(), action, target, outcome), cancellationToken);
        return true;
    });
}
