using Grpc.Core;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Rebooting;

/// <summary>Words for what can go wrong with a restart.</summary>
internal static class RebootFailure
{
    /// <param name="further">Why it was not reset, or what came of that; goes on after "… within N s, ".</param>
    public static VmError NotBack(VmEntry vm, RebootNote note, TimeSpan limit, bool wentDown, string further)
    {
        var what = wentDown ? "the guest went down and no agent answered in another boot" : "the guest was asked to restart and did not go down";
        var next = note.HasTrial && wentDown
            ? "its boot loader takes the previous command line at the next boot: reset the VM, then"
            : "look at its console; when it is back,";
        return Error(
            StatusCode.DeadlineExceeded,
            $"{what} within {limit.TotalSeconds:0.###} s, {further}; {next} repeat the command with --operation-id {note.OperationId}, which restarts '{TerminalText.Escape(vm.Name, 80)}' no second time");
    }

    public static VmError NotNoted(string problem) => Error(
        StatusCode.FailedPrecondition,
        $"the guest is not restarted, since what a restart needs cannot be kept on this host: {problem}; --state DIR or $GUESTTUNE_STATE names another directory");

    private static VmError Error(StatusCode code, string message) => new() { Code = (uint)code, Message = message, Reached = true };
}
