using Grpc.Core;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Fleet;

/// <summary>Turns whatever went wrong with one VM into the error that its user reads: what happened, where, and what to do.</summary>
internal static class VmFailure
{
    private const int MaxAgentMessageLength = 2000;

    public static VmError NoChannel(VmEntry vm) =>
        Error(StatusCode.FailedPrecondition, reached: false, vm.Problem ?? "the VM has no channel to an agent");

    public static VmError NotAttached(string reason) => Error(StatusCode.Unavailable, reached: false, reason);

    /// <param name="reason">Why the last attempt failed; null where nothing was heard.</param>
    public static VmError AttachTimeout(VmEntry vm, TimeSpan limit, string? reason) => Error(
        StatusCode.DeadlineExceeded,
        reached: false,
        $"no agent answered on {Shown(vm)} within {Seconds(limit)}: "
        + (reason ?? "guesttune-agent may not run in the guest, the guest may be paused or still booting, or another program holds the channel"));

    /// <param name="responsive">Whether the guest's end of the session still answers.</param>
    public static VmError CallTimeout(VmEntry vm, TimeSpan limit, bool changes, bool responsive) => Error(
        StatusCode.DeadlineExceeded,
        reached: true,
        $"the agent was reached on {Shown(vm)} and gave no answer within {Seconds(limit)}; "
        + (responsive ? "the guest may be very busy (--timeout allows more)" : "the guest is silent: it may be paused, migrating or hanging")
        + (changes ? "; it may still carry the operation out: ask again with the same operation id, or see its history" : ""));

    public static VmError Broken(VmEntry vm, string reason, bool changes) => Error(
        StatusCode.Unavailable,
        reached: true,
        $"the session on {Shown(vm)} broke and could not be made again in time: {reason}"
        + (changes ? "; whether the operation was carried out is not known: ask again with the same operation id" : ""));

    public static VmError Unexpected(VmEntry vm, Exception exception) => Error(
        StatusCode.Internal,
        reached: true,
        $"unexpected error on {(vm.Channel is null ? TerminalText.Escape(vm.Name, 200) : Shown(vm))}: {exception.GetType().Name}: {TerminalText.Escape(exception.Message, MaxAgentMessageLength)}");

    /// <summary>The VM answered, and this controller cannot do its part.</summary>
    public static VmError OfController(string reason) => Error(StatusCode.FailedPrecondition, reached: true, reason);

    /// <param name="status">As the agent sent it: text from a guest.</param>
    public static VmError FromAgent(Status status, int maxAnswerSizeBytes)
    {
        var said = TerminalText.Escape(status.Detail ?? "", MaxAgentMessageLength);
        var message = status.StatusCode switch
        {
            StatusCode.PermissionDenied => $"the guest's /etc/guesttune/agent.conf does not allow it: {said}",
            StatusCode.Unimplemented => $"the agent in the guest does not know this call; bring guesttune-agent up to date there ({said})",
            StatusCode.ResourceExhausted => $"the agent's answer is not taken: {said} (at most {maxAnswerSizeBytes} bytes)",
            StatusCode.Internal or StatusCode.Unknown or StatusCode.DataLoss => $"the agent failed: {said}",
            StatusCode.Cancelled => $"the agent cancelled the call: {said}",
            _ => said.Length > 0 ? said : $"the agent answered {status.StatusCode} without a reason",
        };
        return Error(status.StatusCode, reached: true, message);
    }

    private static VmError Error(StatusCode code, bool reached, string message) => new() { Code = (uint)code, Message = message, Reached = reached };

    private static string Shown(VmEntry vm) => TerminalText.Escape(vm.Channel?.Name ?? "", 200);

    private static string Seconds(TimeSpan limit) => limit.TotalSeconds < 1 ? $"{limit.TotalMilliseconds:0} ms" : $"{limit.TotalSeconds:0.###} s";
}
