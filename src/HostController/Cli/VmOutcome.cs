using Grpc.Core;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Cli;

/// <summary>How a call ended for one VM.</summary>
internal sealed record VmOutcome(string Vm, VmEvent Result)
{
    public VmError? Error => Result.EventCase == VmEvent.EventOneofCase.Error ? Result.Error : null;

    public bool Reached => Error?.Reached ?? true;

    /// <summary>The operation that an Apply or Undo answered with.</summary>
    public Operation? Operation => Result.EventCase switch
    {
        VmEvent.EventOneofCase.Apply => Result.Apply.Operation,
        VmEvent.EventOneofCase.Undo => Result.Undo.Operation,
        _ => null,
    };

    /// <summary>How its guest was restarted; null where nobody asked for that.</summary>
    public RebootResult? Reboot => Result.EventCase == VmEvent.EventOneofCase.Reboot ? Result.Reboot : Result.Rebooted;

    /// <summary>What went wrong; null where nothing did.</summary>
    public string? Failure => Error?.Message
        ?? (Operation is { State: OperationState.Failed } failed ? FailureOf(failed) : null)
        ?? (Reboot is { Problem: { Length: > 0 } problem } ? problem : null)
        ?? (Result.Evidence is { Judgement.Proven: false } evidence ? FailureOf(evidence.Judgement) : null)
        ?? (Result.BootCheck is { } check && !BootFindings.IsProvenEqual(check) ? BootFindings.Summary(check) : null)
        ?? (Result.BootDocument is { IsProven: false } document ? "not proven: " + string.Join("; ", document.Problems.Select(static p => TerminalText.Escape(p, 500))) : null);

    public static VmOutcome Cancelled(string vm) => new(vm, new VmEvent
    {
        Vm = vm,
        Error = new VmError { Code = (uint)StatusCode.Cancelled, Message = "interrupted before the agent had answered" },
    });

    private static string FailureOf(EvidenceJudgement judgement) => "not proven: " + string.Join("; ", judgement.Problems.Select(static p => TerminalText.Escape(p, 500)));

    private static string FailureOf(Operation operation)
    {
        var reasons = operation.Outcomes
            .Where(o => o.State == ChangeState.Failed)
            .Select(o => $"{TerminalText.Escape(o.Change?.Item ?? "", 80)}: {TerminalText.Escape(o.Error, 400)}")
            .Prepend(TerminalText.Escape(operation.Error, 1000))
            .Where(r => r.Length > 0);
        return string.Join("; ", reasons) is { Length: > 0 } text ? text : "the agent says that the operation failed, without a reason";
    }
}
