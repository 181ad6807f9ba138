using Grpc.Core;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;
using GuestTune.Practice.V1;
using Microsoft.Extensions.Logging;

namespace GuestTune.Controller.Serving;

/// <summary>Sends what a call answers of its VMs, for all services that do.</summary>
internal sealed class EventStreams(ILogger<EventStreams> logger)
{
    public static async Task SendAsync(IAsyncEnumerable<VmEvent> events, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context)
    {
        await foreach (var one in events)
        {
            await responseStream.WriteAsync(one, context.CancellationToken);
        }
    }

    /// <summary>With who asked for what, and what came of it, in the log.</summary>
    public async Task AuditAsync(
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
}
