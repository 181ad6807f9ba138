using GuestTune.Agent.Kernel;
using GuestTune.Agent.V1;
using GuestTune.Practices;
using Microsoft.Extensions.Logging;

namespace GuestTune.Agent.Rebooting;

/// <summary>
/// Restarts the guest at most once for each operation id: who asks again, in whichever boot, is told how it stands. Never in the middle of
/// an apply or undo.
/// </summary>
internal sealed partial class GuestReboot(
    OperationEngine engine,
    KernelIdentity kernel,
    IEnumerable<IGuestRestart> ways,
    IBootTrials trials,
    RebootRecords records,
    TimeProvider time,
    ILogger<GuestReboot> logger)
{
    public const int MaximumReasonLength = 200;
    private const int MaximumBootIdLength = 64;

    private string? _begun;

    /// <param name="expectedBootId">Empty: whichever runs.</param>
    /// <param name="waitCancellation">Ends only the wait for an operation that runs.</param>
    /// <exception cref="PracticeException">Refused; nothing goes down.</exception>
    public ValueTask<RebootAnswer> RebootAsync(
        string operationId, string expectedBootId, string reason, TrialWish trial, CancellationToken waitCancellation)
    {
        if (reason.Length > MaximumReasonLength)
        {
            throw PracticeException.Invalid($"reason has {reason.Length} characters; at most {MaximumReasonLength} are allowed");
        }

        if (expectedBootId.Length > MaximumBootIdLength)
        {
            throw PracticeException.Invalid($"expected_boot_id has {expectedBootId.Length} characters; give it as GetInfo gave it, or leave it empty");
        }

        if (trial is not (TrialWish.None or TrialWish.WherePossible or TrialWish.Required))
        {
            throw PracticeException.Invalid($"trial is {(int)trial}: it must say whether a boot trial is wanted (none, where possible, required)");
        }

        return engine.RunAloneAsync(operationId, () => Reboot(operationId, expectedBootId, reason, trial), waitCancellation);
    }

    /// <returns>The trial as it stood.</returns>
    /// <exception cref="PracticeException">It is another operation's, or cannot be ended.</exception>
    public ValueTask<BootTrialReport> EndTrialAsync(string operationId, CancellationToken waitCancellation)
    {
        return engine.RunAloneAsync(operationId, () => EndTrial(operationId), waitCancellation);
    }

    private RebootAnswer Reboot(string operationId, string expectedBootId, string reason, TrialWish trial)
    {
        try
        {
            // The directory and its lock are the journal's.
            engine.OpenJournal();
            var record = records.Find(operationId);
            var isExpected = expectedBootId.Length == 0 || string.Equals(expectedBootId, kernel.BootId, StringComparison.Ordinal);
            if (!isExpected || (record is not null && !string.Equals(record.BootId, kernel.BootId, StringComparison.Ordinal)))
            {
                return new RebootAnswer(RebootState.Restarted, kernel.BootId, record?.BootId ?? string.Empty, Method: string.Empty, trials.Read());
            }

            var way = ChooseWay();
            if (string.Equals(_begun, operationId, StringComparison.Ordinal))
            {
                return new RebootAnswer(RebootState.GoingDown, kernel.BootId, kernel.BootId, way.Method, trials.Read());
            }

            // Also where a former agent of this boot recorded it: it may have died before it asked.
            return Begin(way, record ?? new RebootRecord(operationId, kernel.BootId, time.GetUtcNow()), isNew: record is null, reason, trial);
        }
        catch (IOException e)
        {
            throw new PracticeException(PracticeError.FailedPrecondition, $"the guest is not restarted: {e.Message}", e);
        }
    }

    private RebootAnswer Begin(IGuestRestart way, RebootRecord record, bool isNew, string reason, TrialWish wish)
    {
        var trial = wish == TrialWish.None ? trials.Read() : trials.Arm(record.OperationId);
        if (wish == TrialWish.Required && trial.State != BootTrialState.Armed)
        {
            throw PracticeException.Precondition($"the guest is not restarted, since a boot trial is required and cannot be had: {trial.Reason}");
        }

        try
        {
            if (isNew)
            {
                records.Add(record);
            }

            way.Begin();
        }
        catch (IOException)
        {
            TakeBack(record, endTrial: wish != TrialWish.None && trial.State == BootTrialState.Armed);
            throw;
        }

        _begun = record.OperationId;
        LogRestarting(record.OperationId, way.Method, reason);
        return new RebootAnswer(RebootState.GoingDown, kernel.BootId, kernel.BootId, way.Method, trial);
    }

    private void TakeBack(RebootRecord record, bool endTrial)
    {
        try
        {
            records.Remove(record.OperationId);
            if (endTrial)
            {
                trials.End();
            }
        }
        catch (IOException e)
        {
            LogNotTakenBack(record.OperationId, e.Message);
        }
    }

    private IGuestRestart ChooseWay()
    {
        var reasons = new List<string>();
        foreach (var way in ways)
        {
            if (way.WhyNot() is not { } reason)
            {
                return way;
            }

            reasons.Add($"by {way.Method}: {reason}");
        }

        throw PracticeException.Precondition($"this guest cannot be restarted from here ({string.Join("; ", reasons)})");
    }

    private BootTrialReport EndTrial(string operationId)
    {
        try
        {
            var trial = trials.Read();
            if (trial.State != BootTrialState.None)
            {
                if (!string.Equals(trial.OperationId, operationId, StringComparison.Ordinal))
                {
                    throw PracticeException.Precondition($"the boot trial is not of operation '{operationId}' but of '{trial.OperationId}': end it by that id");
                }

                trials.End();
                LogTrialEnded(operationId, trial.Reason);
            }

            return trial;
        }
        catch (IOException e)
        {
            throw new PracticeException(PracticeError.FailedPrecondition, $"the boot trial cannot be ended: {e.Message}", e);
        }
    }

    [LoggerMessage(51, LogLevel.Warning, "Operation {OperationId}: the guest restarts by {Method}. {Reason}", EventName = "Restarting")]
    private partial void LogRestarting(string operationId, string method, string reason);

    [LoggerMessage(52, LogLevel.Error, "Operation {OperationId}: the guest does not restart, and what was prepared for it is still there: {Error}", EventName = "NotTakenBack")]
    private partial void LogNotTakenBack(string operationId, string error);

    [LoggerMessage(53, LogLevel.Information, "Operation {OperationId}: the boot trial has ended. {State}", EventName = "TrialEnded")]
    private partial void LogTrialEnded(string operationId, string state);
}
