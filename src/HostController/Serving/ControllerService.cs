using Grpc.Core;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.V1;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Serving;

/// <summary>The controller as a gRPC service; all it adds is the audit of what changes something.</summary>
internal sealed class ControllerService(IController controller, AuditedCalls audited) : V1.Controller.ControllerBase
{
    public override Task<ListVmsResponse> ListVms(ListVmsRequest request, ServerCallContext context) =>
        controller.ListVmsAsync(request, context.CancellationToken);

    public override Task Ping(PingRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        EventStreams.SendAsync(controller.PingAsync(request, context.CancellationToken), responseStream, context);

    public override Task GetInfo(GetInfoRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        EventStreams.SendAsync(controller.GetInfoAsync(request, context.CancellationToken), responseStream, context);

    public override Task Observe(ObserveRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        EventStreams.SendAsync(controller.ObserveAsync(request, context.CancellationToken), responseStream, context);

    public override Task Plan(PlanRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        EventStreams.SendAsync(controller.PlanAsync(request, context.CancellationToken), responseStream, context);

    public override Task Apply(ApplyRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        audited.OnVmsAsync("apply", request.OperationId, Detail(request.Desired) + Detail(request.Reboot), controller.ApplyAsync(request, context.CancellationToken), responseStream, context);

    public override Task Undo(UndoRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        audited.OnVmsAsync(
            "undo",
            request.OperationId,
            UndoDetail(request.TargetOperationId, request.Force) + Detail(request.Reboot),
            controller.UndoAsync(request, context.CancellationToken),
            responseStream,
            context);

    public override Task History(HistoryRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        EventStreams.SendAsync(controller.HistoryAsync(request, context.CancellationToken), responseStream, context);

    public override Task Reboot(RebootRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        audited.OnVmsAsync("reboot", request.OperationId, request.Reason, controller.RebootAsync(request, context.CancellationToken), responseStream, context);

    public override Task ReadPcrs(ReadPcrsRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        EventStreams.SendAsync(controller.ReadPcrsAsync(request, context.CancellationToken), responseStream, context);

    public override Task CollectEvidence(CollectEvidenceRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        EventStreams.SendAsync(controller.CollectEvidenceAsync(request, context.CancellationToken), responseStream, context);

    public override Task<ListBaselinesResponse> ListBaselines(ListBaselinesRequest request, ServerCallContext context) =>
        controller.ListBaselinesAsync(request, context.CancellationToken);

    public override Task<RemoveBaselineResponse> RemoveBaseline(RemoveBaselineRequest request, ServerCallContext context) =>
        controller.RemoveBaselineAsync(request, context.CancellationToken);

    public override Task SaveBaseline(SaveBaselineRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        EventStreams.SendAsync(controller.SaveBaselineAsync(request, context.CancellationToken), responseStream, context);

    public override Task CheckBoot(CheckBootRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        EventStreams.SendAsync(controller.CheckBootAsync(request, context.CancellationToken), responseStream, context);

    public override Task CollectBoot(CollectBootRequest request, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context) =>
        EventStreams.SendAsync(controller.CollectBootAsync(request, context.CancellationToken), responseStream, context);

    internal static string UndoDetail(string target, bool force) => $"target {(target.Length == 0 ? "newest" : target)}{(force ? ", forced" : "")}";

    private static string Detail(RebootOptions? reboot) => reboot is null ? "" : ", with a reboot";

    internal static string Detail(Desired? desired) =>
        desired is null
            ? ""
            : $"{desired.Practice} {string.Join(' ', desired.Settings.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key}={s.Value}"))}{(desired.Persist ? " persist" : "")}{(desired.Force ? " force" : "")}";
}
