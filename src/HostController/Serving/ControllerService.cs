using Grpc.Core;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;
using GuestTune.Practice.V1;
using Microsoft.Extensions.Logging;

namespace GuestTune.Controller.Serving;

/// <summary>The controller as a gRPC service; all it adds is the audit of what changes something.</summary>
internal sealed class ControllerService(IController controller, ILogger<ControllerService> logger) : V1.Controller.ControllerBase
{
    public override Task<ListVmsResponse> ListVms(ListVmsRequest request, ServerCallContext context) =>
        controller.ListVmsAsync(request, context.CancellationToken);

    public override Task Ping(PingRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        SendAsync(controller.PingAsync(request, context.CancellationToken), responseStream, context);

    public override Task GetInfo(GetInfoRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        SendAsync(controller.GetInfoAsync(request, context.CancellationToken), responseStream, context);

    public override Task Observe(ObserveRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        SendAsync(controller.ObserveAsync(request, context.CancellationToken), responseStream, context);

    public override Task Plan(PlanRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        SendAsync(controller.PlanAsync(request, context.CancellationToken), responseStream, context);

    public override Task Apply(ApplyRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        AuditAsync("apply", request.OperationId, Detail(request.Desired) + Detail(request.Reboot), controller.ApplyAsync(request, context.CancellationToken), responseStream, context);

    public override Task Undo(UndoRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        AuditAsync(
            "undo",
            request.OperationId,
            $"target {(request.TargetOperationId.Length == 0 ? "newest" : request.TargetOperationId)}{(request.Force ? ", forced" : "")}{Detail(request.Reboot)}",
            controller.UndoAsync(request, context.CancellationToken),
            responseStream,
            context);

    public override Task History(HistoryRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        SendAsync(controller.HistoryAsync(request, context.CancellationToken), responseStream, context);

    public override Task Reboot(RebootRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        AuditAsync("reboot", request.OperationId, request.Reason, controller.RebootAsync(request, context.CancellationToken), responseStream, context);

    public override Task ReadPcrs(ReadPcrsRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        SendAsync(controller.ReadPcrsAsync(request, context.CancellationToken), responseStream, context);

    public override Task CollectEvidence(CollectEvidenceRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        SendAsync(controller.CollectEvidenceAsync(request, context.CancellationToken), responseStream, context);

    public override Task<ListBaselinesResponse> ListBaselines(ListBaselinesRequest request, ServerCallContext context) =>
        controller.ListBaselinesAsync(request, context.CancellationToken);

    public override Task<RemoveBaselineResponse> RemoveBaseline(RemoveBaselineRequest request, ServerCallContext context) =>
        controller.RemoveBaselineAsync(request, context.CancellationToken);

    public override Task SaveBaseline(SaveBaselineRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        SendAsync(controller.SaveBaselineAsync(request, context.CancellationToken), responseStream, context);

    public override Task CheckBoot(CheckBootRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        SendAsync(controller.CheckBootAsync(request, context.CancellationToken), responseStream, context);

    public override Task CollectBoot(CollectBootRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        SendAsync(controller.CollectBootAsync(request, context.CancellationToken), responseStream, context);

    private static async Task SendAsync(IAsyncEnumerable<VmEvent> events, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context)
    {
        await foreach (var one in events)
        {
            await responseStream.WriteAsync(one, context.CancellationToken);
        }
    }

    private async Task AuditAsync(
        string action,
        string operationId,
        string detail,
        IAsyncEnumerable<VmEvent> events,
        IServerStreamWriter<VmEvent> responseStream,
        ServerCallContext context)
    {
        detail = TerminalText.Escape(detail, 500);
        var peer = context.GetHttpContext().Features.Get<PeerCredentials>();
        int selected = 0, done = 0, failed = 0;
        try
        {
            await foreach (var one in events)
            {
                switch (one.EventCase)
                {
                    case VmEvent.EventOneofCase.Selected:
                        selected = one.Selected.Vms.Count;
                        AuditLog.Begun(logger, action, operationId, selected, detail, peer?.UserId ?? uint.MaxValue, peer?.ProcessId ?? 0);
                        break;
                    case VmEvent.EventOneofCase.Apply or VmEvent.EventOneofCase.Undo:
                        var state = one.EventCase == VmEvent.EventOneofCase.Apply ? one.Apply.Operation?.State : one.Undo.Operation?.State;
                        _ = state == OperationState.Failed || one.Rebooted is { Problem.Length: > 0 } ? failed++ : done++;
                        break;
                    case VmEvent.EventOneofCase.Reboot:
                        _ = one.Reboot.Problem.Length > 0 ? failed++ : done++;
                        break;
                    case VmEvent.EventOneofCase.Error:
                        failed++;
                        break;
                }

                await responseStream.WriteAsync(one, context.CancellationToken);
            }
        }
        finally
        {
            if (selected > 0)
            {
                AuditLog.Ended(logger, action, operationId, done, failed, selected - done - failed);
            }
        }
    }

    private static string Detail(RebootOptions? reboot) => reboot is null ? "" : ", with a reboot";

    internal static string Detail(Desired? desired) =>
        desired is null
            ? ""
            : $"{desired.Practice} {string.Join(' ', desired.Settings.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key}={s.Value}"))}{(desired.Persist ? " persist" : "")}{(desired.Force ? " force" : "")}";
}
