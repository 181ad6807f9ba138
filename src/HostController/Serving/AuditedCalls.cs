using Grpc.Core;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;
using GuestTune.Practice.V1;
using Microsoft.Extensions.Logging;

namespace GuestTune.Controller.Serving;

/// <summary>Calls that change something, with who asked for what, and what came of it, in the log.</summary>
internal sealed class AuditedCalls(ILogger<AuditedCalls> logger)
{
    private const int MaximumText = 500;

    /// <param name="operationOf">The operation that the answer tells of; null for what is none.</param>
    public async Task<T> OnHostAsync<T>(string action, string operationId, string detail, Func<Task<T>> call, Func<T, Operation?> operationOf, ServerCallContext context)
    {
        const string Target = "the host";
        Begin(action, operationId, Target, detail, context);
        var outcome = "without an answer";
        try
        {
            var response = await call();
            outcome = operationOf(response) is { } operation ? Words.Of(operation.State) : "done";
            return response;
        }
        catch (RpcException e)
        {
            outcome = $"{Words.Of(e.StatusCode)}: {TerminalText.Escape(e.Status.Detail, MaximumText)}";
            throw;
        }
        finally
        {
            End(action, operationId, Target, outcome);
        }
    }

    public async Task OnVmsAsync(
        string action, string operationId, string detail, IAsyncEnumerable<VmEvent> events, IServerStreamWriter<VmEvent> responseStream, ServerCallContext context)
    {
        var target = "";
        int selected = 0, done = 0, failed = 0;
        try
        {
            await foreach (var one in events)
            {
                if (one.EventCase == VmEvent.EventOneofCase.Selected)
                {
                    selected = one.Selected.Vms.Count;
                    target = selected == 1 ? "1 VM" : $"{selected} VMs";
                    Begin(action, operationId, target, detail, context);
                }
                else if (HasFailed(one) is { } isFailure)
                {
                    _ = isFailure ? failed++ : done++;
                }

                await responseStream.WriteAsync(one, context.CancellationToken);
            }
        }
        finally
        {
            if (selected > 0)
            {
                End(action, operationId, target, $"{done} done, {failed} failed, {selected - done - failed} without an answer");
            }
        }
    }

    /// <returns>Null for what is no answer of a VM.</returns>
    private static bool? HasFailed(VmEvent one) => one.EventCase switch
    {
        VmEvent.EventOneofCase.Apply => one.Apply.Operation?.State == OperationState.Failed || one.Rebooted is { Problem.Length: > 0 },
        VmEvent.EventOneofCase.Undo => one.Undo.Operation?.State == OperationState.Failed || one.Rebooted is { Problem.Length: > 0 },
        VmEvent.EventOneofCase.Reboot => one.Reboot.Problem.Length > 0,
        VmEvent.EventOneofCase.Error => true,
        _ => null,
    };

    private void Begin(string action, string operationId, string target, string detail, ServerCallContext context)
    {
        var peer = context.GetHttpContext().Features.Get<PeerCredentials>();
        (operationId, detail) = (Shown(operationId), TerminalText.Escape(detail, MaximumText));
        AuditLog.Begun(logger, action, operationId, target, detail, peer?.UserId ?? uint.MaxValue, peer?.ProcessId ?? 0);
    }

    private void End(string action, string operationId, string target, string outcome)
    {
        operationId = Shown(operationId);
        AuditLog.Ended(logger, action, operationId, target, outcome);
    }

    private static string Shown(string operationId) => TerminalText.Escape(operationId, 80);
}
