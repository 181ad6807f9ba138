using Grpc.Core;
using GuestTune.Controller.DomainXml;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Serving;

/// <summary>The practices of domains as a gRPC service; all it adds is the log of what changes something.</summary>
internal sealed class DomainService(IDomainTuning domains, AuditedCalls audited) : Domains.DomainsBase
{
    public override Task Observe(ObserveRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        EventStreams.SendAsync(domains.ObserveAsync(request, context.CancellationToken), responseStream, context);

    public override Task Plan(PlanRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        EventStreams.SendAsync(domains.PlanAsync(request, context.CancellationToken), responseStream, context);

    public override Task Diff(DiffDomainRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        EventStreams.SendAsync(domains.DiffAsync(request, context.CancellationToken), responseStream, context);

    public override Task History(HistoryRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        EventStreams.SendAsync(domains.HistoryAsync(request, context.CancellationToken), responseStream, context);

    public override Task Apply(ApplyDomainRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) => audited.OnVmsAsync(
        "vm set", request.OperationId, ControllerService.Detail(request.Desired), domains.ApplyAsync(request, context.CancellationToken), responseStream, context);

    public override Task Undo(UndoRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) => audited.OnVmsAsync(
        "vm undo", request.OperationId, ControllerService.UndoDetail(request.TargetOperationId, request.Force), domains.UndoAsync(request, context.CancellationToken), responseStream, context);
}
