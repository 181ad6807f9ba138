using System.Runtime.CompilerServices;
using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.Libvirt;
using GuestTune.Controller.Practices;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.Selection;
using GuestTune.Controller.Store;
using GuestTune.Controller.V1;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Protocol;

namespace GuestTune.Controller.DomainXml;

/// <summary>Checks a request whole, selects among all domains of one libvirt, and lets the engine of each do its part.</summary>
internal sealed class DomainTuning(LibvirtClients libvirt, string uri, RootedFileSystem files, string stateDirectory, IAudit audit, TimeProvider time) : IDomainTuning
{
    private readonly DomainJournals _journals = new(Path.Combine(stateDirectory, "domains"), time);

    public IAsyncEnumerable<VmEvent> ObserveAsync(V1.ObserveRequest request, CancellationToken cancellationToken)
    {
        var practices = request.Practices.Count > 0
            ? [.. request.Practices.Select(static p => PracticeCatalog.Known(p, DomainPracticeCatalog.All).Id)]
            : DomainPracticeCatalog.All.Select(static p => p.Id).ToArray();
        return RunAsync(request.Selection, request.Pace, LibvirtAccess.Read, view => _journals.Use(view, changes: false, engine =>
        {
            engine.Settle();
            var response = new ObserveResponse();
            response.Observations.AddRange(practices.Select(p => engine.Observe(p).ToMessage()));
            return new VmEvent { Observe = response };
        }), cancellationToken);
    }

    public IAsyncEnumerable<VmEvent> PlanAsync(V1.PlanRequest request, CancellationToken cancellationToken)
    {
        PracticeCatalog.Check(request.Desired, DomainPracticeCatalog.All);
        return RunAsync(request.Selection, request.Pace, LibvirtAccess.Write, view => _journals.Use(view, changes: false, engine =>
            new VmEvent { Plan = new PlanResponse { Plan = engine.Plan(request.Desired.ToDesired()).ToMessage() } }), cancellationToken);
    }

    public IAsyncEnumerable<VmEvent> DiffAsync(DiffDomainRequest request, CancellationToken cancellationToken)
    {
        if (request.Desired is not null)
        {
            PracticeCatalog.Check(request.Desired, DomainPracticeCatalog.All);
        }

        return RunAsync(request.Selection, request.Pace, request.Desired is null ? LibvirtAccess.Read : LibvirtAccess.Write, view => _journals.Use(view, changes: false, engine =>
        {
            var plan = request.Desired is { } desired ? engine.Plan(desired.ToDesired()) : new Plan("", [], []);
            return new VmEvent { Plan = new PlanResponse { Plan = (plan with { Files = [.. RunningDifference.Of(view), .. plan.Files] }).ToMessage() } };
        }), cancellationToken);
    }

    public IAsyncEnumerable<VmEvent> ApplyAsync(ApplyDomainRequest request, CancellationToken cancellationToken)
    {
        OperationId.Check("operation_id", request.OperationId);
        PracticeCatalog.Check(request.Desired, DomainPracticeCatalog.All);
        return ChangeAsync($"vm set {request.Desired.Practice}", request.OperationId, request.Selection, request.Pace, view =>
        {
            view.RequirePersistent();
            return _journals.Use(view, changes: true, engine =>
            {
                var isNew = !engine.History(int.MaxValue).Any(o => string.Equals(o.OperationId, request.OperationId, StringComparison.Ordinal));
                if (isNew && request.Definition.Length > 0 && !string.Equals(request.Definition, view.Persistent.Digest, StringComparison.Ordinal))
                {
                    throw PracticeException.Precondition(
                        $"the definition of {view.Name} is {view.Persistent.Digest} now, and not {TerminalText.Escape(request.Definition, 40)}: somebody has redefined it since the plan. Plan again");
                }

                engine.Settle(exceptOperationId: request.OperationId);

                // Nothing in the engine waits but for its own turn, which the journal's lock has given already.
                var answer = engine.ApplyAsync(request.OperationId, request.Desired.ToDesired(), CancellationToken.None).AsTask().GetAwaiter().GetResult();
                return new VmEvent { Apply = new ApplyResponse { Operation = answer.Operation.ToMessage(), Observation = answer.Observation.ToMessage(), RepeatedAnswer = answer.Repeated } };
            });
        }, static e => e.Apply.Operation, cancellationToken);
    }

    public IAsyncEnumerable<VmEvent> UndoAsync(V1.UndoRequest request, CancellationToken cancellationToken)
    {
        OperationId.Check("operation_id", request.OperationId);
        if (request.TargetOperationId.Length > 0)
        {
            OperationId.Check("target_operation_id", request.TargetOperationId);
        }

        if (request.Reboot is not null)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "reboot is for guests: the definition of a domain counts after a power cycle, which is for its operator to choose"));
        }

        return ChangeAsync("vm undo", request.OperationId, request.Selection, request.Pace, view =>
        {
            view.RequirePersistent();
            return _journals.Use(view, changes: true, engine =>
            {
                var answer = engine.UndoAsync(request.OperationId, request.TargetOperationId, request.Force, CancellationToken.None).AsTask().GetAwaiter().GetResult();
                return new VmEvent { Undo = new UndoResponse { Operation = answer.Operation.ToMessage(), Observation = answer.Observation.ToMessage(), RepeatedAnswer = answer.Repeated } };
            });
        }, static e => e.Undo.Operation, cancellationToken);
    }

    public IAsyncEnumerable<VmEvent> HistoryAsync(V1.HistoryRequest request, CancellationToken cancellationToken)
    {
        if (request.Limit > FleetController.LargestHistoryLimit)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"limit is {request.Limit}; at most {FleetController.LargestHistoryLimit} is allowed"));
        }

        return RunAsync(request.Selection, request.Pace, LibvirtAccess.Read, view => new VmEvent
        {
            History = !_journals.Exists(view) ? new HistoryResponse() : _journals.Use(view, changes: false, engine =>
            {
                engine.Settle();
                return new HistoryResponse { Operations = { engine.History(request.Limit == 0 ? 50 : (int)request.Limit).Select(static o => o.ToMessage()) } };
            }),
        }, cancellationToken);
    }

    public ValueTask DisposeAsync() => libvirt.DisposeAsync();

    private async IAsyncEnumerable<VmEvent> ChangeAsync(
        string action,
        string operationId,
        V1.Selection? selection,
        Pace? pace,
        Func<DomainView, VmEvent> work,
        Func<VmEvent, Practice.V1.Operation> operationOf,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // What cannot be audited is not done.
        _ = await StoreErrors.AsRpcAsync(() => audit.ListAuditAsync(limit: 1, cancellationToken));
        await foreach (var one in RunAsync(selection, pace, LibvirtAccess.Write, work, cancellationToken, AuditAsync))
        {
            yield return one;
        }

        Task AuditAsync(string vm, VmEvent answer)
        {
            var outcome = answer.Error?.Message ?? Words.Of(operationOf(answer).State);
            return audit.AppendAuditAsync(Caller.Current.Record(time.GetUtcNow(), action, vm, $"{operationId}: {TerminalText.Escape(outcome, 500)}"), CancellationToken.None);
        }
    }

    private async IAsyncEnumerable<VmEvent> RunAsync(
        V1.Selection? selection,
        Pace? pace,
        LibvirtAccess access,
        Func<DomainView, VmEvent> work,
        [EnumeratorCancellation] CancellationToken cancellationToken,
        Func<string, VmEvent, Task>? finished = null)
    {
        var pacing = Pacing.From(pace);
        var client = libvirt.Get(uri, access);
        var (listed, catalog) = await ListAsync(client, selection is { Labels.Count: > 0 }, cancellationToken);
        using var kept = listed;
        var vms = VmSelector.Select(catalog, selection);
        var facts = new HostFacts(files);
        await foreach (var one in FleetRunner.RunAsync(vms, pacing.MaxParallel, DoAsync, cancellationToken))
        {
            yield return one;
        }

        async Task<VmEvent> DoAsync(VmEntry vm, Func<VmEvent, ValueTask> report, CancellationToken token)
        {
            var answer = await AnswerAsync(client, access == LibvirtAccess.Read ? kept : null, vm.Name, facts, pacing.TimeLimit, work, changes: finished is not null, token);
            try
            {
                await (finished?.Invoke(vm.Name, answer) ?? Task.CompletedTask);
                return answer;
            }
            catch (StoreException e)
            {
                return new VmEvent { Error = VmFailure.OfController($"what was done is in this VM's history, and not in the audit: {e.Message}") };
            }
        }
    }

    private static async Task<VmEvent> AnswerAsync(
        LibvirtClient client, ListedDomains? listed, string name, HostFacts facts, TimeSpan limit, Func<DomainView, VmEvent> work, bool changes, CancellationToken cancellationToken)
    {
        try
        {
            return await client.RunAsync(() =>
            {
                var host = new LibvirtDomainHost(client, listed);
                using var domain = host.Find(name);
                return work(new DomainView(host, facts, domain));
            }, cancellationToken, limit);
        }
        catch (Exception e) when (changes && e is UncertainWriteException or LibvirtException { IsUncertain: true })
        {
            return Failed(StatusCode.Unavailable, $"libvirt: {TerminalText.Escape(e.Message, 1000)}; when it is back, the same command with the operation's id does what is left, or 'guesttune vm history' ends it by what is there");
        }
        catch (PracticeException e)
        {
            var status = e.ToRpcException().Status;
            return Failed(status.StatusCode, status.Detail);
        }
        catch (LibvirtException e)
        {
            return Failed(e.Code == LibvirtErrorCode.NoDomain ? StatusCode.NotFound : StatusCode.Unavailable, $"libvirt: {TerminalText.Escape(e.Message, 1000)}");
        }

        static VmEvent Failed(StatusCode code, string message) => new() { Error = new VmError { Code = (uint)code, Message = message, Reached = true } };
    }

    private static async Task<(ListedDomains, VmCatalogSnapshot)> ListAsync(LibvirtClient client, bool withLabels, CancellationToken cancellationToken)
    {
        try
        {
            return await client.AskAsync(connection =>
            {
                var listed = new ListedDomains(connection, connection.Domains(DomainFilter.All));

                // Labels are in the XML, and reading that of a thousand domains takes longer than their names.
                var vms = listed.All.Select(d => withLabels ? Libvirt.DomainXml.ToEntry(d, client.Uri, DomainXmlFlags.Inactive, static _ => false) : new VmEntry(d.Name, client.Uri, null, NoLabels));
                return (listed, new VmCatalogSnapshot([.. vms.OrderBy(static v => v.Name, Comparer<string>.Create(NaturalOrder.Compare))], 1, [], []));
            }, cancellationToken);
        }
        catch (LibvirtException e)
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, $"libvirt {client.Uri} cannot be asked: {TerminalText.Escape(e.Message, 400)}"));
        }
    }

    private static Dictionary<string, string> NoLabels { get; } = new(StringComparer.Ordinal);
}
