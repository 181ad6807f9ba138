using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.HostPractices;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;
using GuestTune.Practice.V1;
using Microsoft.Extensions.Logging;

namespace GuestTune.Controller.Serving;

/// <summary>The host's own practices as a gRPC service; all it adds is the audit of what changes something.</summary>
internal sealed class HostService(IHostTuning host, ILogger<HostService> logger) : Host.HostBase
{
    public override Task<ObserveResponse> Observe(Agent.V1.ObserveRequest request, ServerCallContext context) => host.ObserveAsync(request, context.CancellationToken);

    public override Task<PlanResponse> Plan(Agent.V1.PlanRequest request, ServerCallContext context) => host.PlanAsync(request, context.CancellationToken);

    public override Task<HistoryResponse> History(Agent.V1.HistoryRequest request, ServerCallContext context) => host.HistoryAsync(request, context.CancellationToken);

    public override Task<ApplyResponse> Apply(Agent.V1.ApplyRequest request, ServerCallContext context) => AuditAsync(
        "apply", request.OperationId, ControllerService.Detail(request.Desired), () => host.ApplyAsync(request, context.CancellationToken), static r => r.Operation, context);

    public override Task<UndoResponse> Undo(Agent.V1.UndoRequest request, ServerCallContext context) => AuditAsync(
        "undo",
        request.OperationId,
        ControllerService.UndoDetail(request.TargetOperationId, request.Force),
        () => host.UndoAsync(request, context.CancellationToken),
        static r => r.Operation,
        context);

    public override Task<ListLibvirtUsersResponse> ListLibvirtUsers(ListLibvirtUsersRequest request, ServerCallContext context) => host.ListLibvirtUsersAsync(request, context.CancellationToken);

    public override Task<AddLibvirtUserResponse> AddLibvirtUser(AddLibvirtUserRequest request, ServerCallContext context) =>
        AuditAsync("add libvirt user", "", request.User, () => host.AddLibvirtUserAsync(request, context.CancellationToken), static _ => null, context);

    public override Task<RemoveLibvirtUserResponse> RemoveLibvirtUser(RemoveLibvirtUserRequest request, ServerCallContext context) =>
        AuditAsync("remove libvirt user", "", request.User, () => host.RemoveLibvirtUserAsync(request, context.CancellationToken), static _ => null, context);

    private async Task<T> AuditAsync<T>(string action, string operationId, string detail, Func<Task<T>> call, Func<T, Operation?> operationOf, ServerCallContext context)
    {
        detail = TerminalText.Escape(detail, 500);
        var id = TerminalText.Escape(operationId, 80);
        var peer = context.GetHttpContext().Features.Get<PeerCredentials>();
        AuditLog.HostBegun(logger, action, id, detail, peer?.UserId ?? uint.MaxValue, peer?.ProcessId ?? 0);
        var outcome = "without an answer";
        try
        {
            var response = await call();
            outcome = operationOf(response) is { } operation ? Words.Of(operation.State) : "done";
            return response;
        }
        catch (RpcException e)
        {
            outcome = $"{Words.Of(e.StatusCode)}: {TerminalText.Escape(e.Status.Detail, 500)}";
            throw;
        }
        finally
        {
            AuditLog.HostEnded(logger, action, id, outcome);
        }
    }
}
