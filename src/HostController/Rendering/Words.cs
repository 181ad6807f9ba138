using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.Controller.V1;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Rendering;

/// <summary>The one word for each value of the wire's enumerations, in tables and JSON alike.</summary>
internal static class Words
{
    public static string Of(Verdict verdict) => verdict switch
    {
        Verdict.NotApplicable => "not-applicable",
        Verdict.Absent => "absent",
        Verdict.Configured => "configured",
        Verdict.Pending => "pending",
        Verdict.Effective => "effective",
        Verdict.Drifted => "drifted",
        Verdict.Failed => "failed",
        _ => "unknown",
    };

    public static string Of(Scope scope) => scope switch
    {
        Scope.InForce => "in-force",
        Scope.Persistent => "persistent",
        Scope.Context => "context",
        _ => "unknown",
    };

    public static string Of(TakesEffect takesEffect) => takesEffect switch
    {
        TakesEffect.Now => "now",
        TakesEffect.AfterGuestReboot => "after-guest-reboot",
        TakesEffect.AfterPowerCycle => "after-power-cycle",
        TakesEffect.AfterHostReboot => "after-host-reboot",
        _ => "unknown",
    };

    public static string Of(ChangeState state) => state switch
    {
        ChangeState.Verified => "verified",
        ChangeState.Skipped => "skipped",
        ChangeState.Failed => "failed",
        ChangeState.Reverted => "reverted",
        _ => "unknown",
    };

    public static string Of(OperationState state) => state switch
    {
        OperationState.Begun => "begun",
        OperationState.Done => "done",
        OperationState.Unchanged => "unchanged",
        OperationState.Failed => "failed",
        OperationState.Undone => "undone",
        _ => "unknown",
    };

    public static string Of(OperationKind kind) => kind switch
    {
        OperationKind.Apply => "apply",
        OperationKind.Undo => "undo",
        _ => "unknown",
    };

    public static string Of(RebootOutcome outcome) => outcome switch
    {
        RebootOutcome.NotNeeded => "not-needed",
        RebootOutcome.Restarted => "restarted",
        RebootOutcome.RestartedByOthers => "restarted-by-others",
        RebootOutcome.FellBack => "fell-back",
        _ => "unknown",
    };

    public static string Of(BootTrialState state) => state switch
    {
        BootTrialState.None => "none",
        BootTrialState.Armed => "armed",
        BootTrialState.Tried => "passed",
        BootTrialState.FellBack => "fell-back",
        _ => "none",
    };

    /// <summary>Behind a VM's name.</summary>
    public static string Of(RebootPhase phase) => phase switch
    {
        RebootPhase.Asked => "was asked to restart",
        RebootPhase.Down => "went down",
        RebootPhase.Reset => "was not back in time and has been reset",
        RebootPhase.Back => "is back",
        _ => "restarts",
    };

    public static string Of(KeyStanding key) => key switch
    {
        KeyStanding.New => "enrolled now",
        KeyStanding.Pinned => "pinned",
        KeyStanding.Changed => "changed",
        _ => "not tied to a TPM",
    };

    public static string Of(PredictedStartState state) => state switch
    {
        PredictedStartState.Pending => "pending",
        PredictedStartState.Met => "met",
        PredictedStartState.Superseded => "superseded",
        PredictedStartState.Withdrawn => "withdrawn",
        _ => "unknown",
    };

    public static string Of(LogStanding log) => log switch
    {
        LogStanding.Proven => "agrees",
        LogStanding.Untouched => "untouched",
        LogStanding.NotCovered => "not covered",
        LogStanding.Mismatch => "mismatch",
        _ => "unknown",
    };

    public static string Of(EventProof proof) => proof switch
    {
        EventProof.Data => "data",
        EventProof.Content => "content",
        EventProof.Digest => "digest",
        EventProof.NotMeasured => "not measured",
        _ => "none",
    };

    /// <summary>As gRPC writes them, e.g. DEADLINE_EXCEEDED.</summary>
    public static string Of(StatusCode code) => code switch
    {
        StatusCode.OK => "OK",
        StatusCode.Cancelled => "CANCELLED",
        StatusCode.InvalidArgument => "INVALID_ARGUMENT",
        StatusCode.DeadlineExceeded => "DEADLINE_EXCEEDED",
        StatusCode.NotFound => "NOT_FOUND",
        StatusCode.AlreadyExists => "ALREADY_EXISTS",
        StatusCode.PermissionDenied => "PERMISSION_DENIED",
        StatusCode.Unauthenticated => "UNAUTHENTICATED",
        StatusCode.ResourceExhausted => "RESOURCE_EXHAUSTED",
        StatusCode.FailedPrecondition => "FAILED_PRECONDITION",
        StatusCode.Aborted => "ABORTED",
        StatusCode.OutOfRange => "OUT_OF_RANGE",
        StatusCode.Unimplemented => "UNIMPLEMENTED",
        StatusCode.Internal => "INTERNAL",
        StatusCode.Unavailable => "UNAVAILABLE",
        StatusCode.DataLoss => "DATA_LOSS",
        _ => "UNKNOWN",
    };
}
