using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.HostPractices;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Serving;

/// <summary>The host's own practices as a gRPC service; all it adds is the audit of what changes something.</summary>
internal sealed class HostService(IHostTuning host, AuditedCalls audited) : Host.HostBase
{
    public override Task<ObserveResponse> Observe(Agent.V1.ObserveRequest request, ServerCallContext context) => host.ObserveAsync(request, context.CancellationToken);

    public override Task<PlanResponse> Plan(Agent.V1.PlanRequest request, ServerCallContext context) => host.PlanAsync(request, context.CancellationToken);

    public override Task<HistoryResponse> History(Agent.V1.HistoryRequest request, ServerCallContext context) => host.HistoryAsync(request, context.CancellationToken);

    public override Task<ApplyResponse> Apply(Agent.V1.ApplyRequest request, ServerCallContext context) => audited.OnHostAsync(
        "apply", request.OperationId, ControllerService.Detail(request.Desired), () => host.ApplyAsync(request, context.CancellationToken), static r => r.Operation, context);

    public override Task<UndoResponse> Undo(Agent.V1.UndoRequest request, ServerCallContext context) => audited.OnHostAsync(
        "undo",
        request.OperationId,
        ControllerService.UndoDetail(request.TargetOperationId, request.Force),
        () => host.UndoAsync(request, context.CancellationToken),
        static r => r.Operation,
        context);

    public override Task<ListLibvirtUsersResponse> ListLibvirtUsers(ListLibvirtUsersRequest request, ServerCallContext context) => host.ListLibvirtUsersAsync(request, context.CancellationToken);

    public override Task<AddLibvirtUserResponse> AddLibvirtUser(AddLibvirtUserRequest request, ServerCallContext context) =>
        audited.OnHostAsync("add libvirt user", "", request.User, () => host.AddLibvirtUserAsync(request, context.CancellationToken), static _ => null, context);

    public override Task<RemoveLibvirtUserResponse> RemoveLibvirtUser(RemoveLibvirtUserRequest request, ServerCallContext context) =>
        audited.OnHostAsync("remove libvirt user", "", request.User, () => host.RemoveLibvirtUserAsync(request, context.CancellationToken), static _ => null, context);
}
