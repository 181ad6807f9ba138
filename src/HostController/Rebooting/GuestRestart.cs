using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.Power;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Rebooting;

/// <summary>
/// Restarts one guest and follows it until an agent answers in another boot. There is one question for all of it: the agent's Reboot with
/// the same id and the boot that is to end is carried out once, and then tells how it stands, whichever program died meanwhile.
/// </summary>
internal sealed class GuestRestart(FleetRunner fleet, RebootNotes notes, IVmPower power, TimeProvider time)
{
    /// <summary>Twice: the first reset may meet a guest that is merely slow, and then it is the trial that begins with it.</summary>
    private const int MaximumResets = 2;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>An agent that starts announces itself, so waiting for one longer finds it no sooner.</summary>
    private static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(15);

    /// <param name="note">As saved; what becomes known meanwhile is added to it.</param>
    /// <param name="pacing">Of one call to an agent that answers.</param>
    public async Task<RestartEnd> RunAsync(
        VmEntry vm, RebootNote note, RebootSettings settings, Pacing pacing, Func<VmEvent, ValueTask> report, CancellationToken cancellationToken)
    {
        var watch = new Watch(vm, note, settings, pacing, report) { StartedAt = time.GetTimestamp() };
        while (true)
        {
            var end = await WatchAsync(watch, cancellationToken);
            if (end is { } ended)
            {
                return ended;
            }

            if (WhyNoReset(watch) is { } reason)
            {
                return RebootFailure.NotBack(watch.Vm, watch.Note, settings.TimeLimit, watch.WentDown, reason);
            }

            var (saved, problem) = TrySave(watch.Note with { ResetCount = watch.Note.ResetCount + 1, ResetAt = time.GetUtcNow() });
            if (problem is not null)
            {
                return RebootFailure.NotBack(watch.Vm, watch.Note, settings.TimeLimit, watch.WentDown, $"and was not reset, since that cannot be noted down: {problem}");
            }

            watch.Note = saved;
            try
            {
                await power.ResetAsync(vm, cancellationToken);
            }
            catch (PowerException e)
            {
                return RebootFailure.NotBack(watch.Vm, watch.Note, settings.TimeLimit, watch.WentDown, $"and could not be reset: {e.Message}");
            }

            watch.ResetAfter = watch.ResetAfter > TimeSpan.Zero ? watch.ResetAfter : time.GetElapsedTime(watch.StartedAt);
            await watch.ReportAsync(RebootPhase.Reset);
        }
    }

    /// <returns>Null when the time is over.</returns>
    private async Task<RestartEnd?> WatchAsync(Watch watch, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        var answered = begun;
        var ask = new Agent.V1.RebootRequest
        {
            OperationId = watch.Note.OperationId,
            ExpectedBootId = watch.Note.BootIdBefore,
            Reason = watch.Settings.Reason,
            Trial = watch.Settings.Trial,
        };
        while (true)
        {
            var rest = watch.Settings.TimeLimit - time.GetElapsedTime(begun);
            if (rest <= TimeSpan.Zero)
            {
                return null;
            }

            // The first one writes boot files, and on a busy guest that takes what a call may take.
            var limit = Shortest(rest, watch.Asked ? LongestPoll : watch.Pacing.TimeLimit);
            var asked = time.GetTimestamp();
            var (answer, error) = await fleet.CallAsync(
                watch.Vm, watch.Pacing with { TimeLimit = limit, AttachLimit = limit }, changes: true, async call => AnswerCheck.Checked(await call.Agent.RebootAsync(ask, call.Options), ask), cancellationToken);
            answered = answer is null ? answered : time.GetTimestamp();
            switch (answer?.State)
            {
                case RebootState.Restarted:
                    await watch.ReportAsync(RebootPhase.Back);
                    return watch.Result(answer, time.GetElapsedTime(watch.StartedAt));
                case RebootState.GoingDown when !watch.Asked:
                    watch.Asked = true;
                    watch.Trial = answer.Trial;
                    watch.Note = TrySave(watch.Note with { HasTrial = answer.Trial.State == BootTrialState.Armed }).Note;
                    await watch.ReportAsync(RebootPhase.Asked);
                    break;
                case null when !IsPassing(error!):
                    return error!;
                // A call that the end of the time has cut short tells nothing of a guest that may be slow, unless it has been silent for long.
                case null when !watch.WentDown
                    && (limit < rest || time.GetElapsedTime(asked) < limit - PollInterval || time.GetElapsedTime(answered) >= Shortest(LongestPoll, watch.Settings.TimeLimit / 2)):
                    watch.WentDown = true;
                    await watch.ReportAsync(RebootPhase.Down);
                    break;
            }

            await Task.Delay(Shortest(PollInterval, rest), time, cancellationToken);
        }
    }

    private string? WhyNoReset(Watch watch)
    {
        var recovery = watch.Settings.Recovery;
        return recovery == Recovery.Never ? "and --recover never was given, so it was not reset"
            : watch.Note.ResetCount >= (watch.Note.HasTrial ? MaximumResets : 1) ? $"although this host reset it, last at {watch.Note.ResetAt:u}"
            : recovery != Recovery.Always && !watch.WentDown ? "and was not reset, since its old boot still answers (--recover always does it nevertheless)"
            : recovery != Recovery.Always && !watch.Note.HasTrial ? $"and was not reset, since it has no boot trial{NoTrialReason(watch.Trial)} (--recover always does it nevertheless)"
            : power.WhyNot(watch.Vm) is { } reason ? $"and cannot be reset from here: {reason}"
            : null;
    }

    private static string NoTrialReason(BootTrial? trial) => trial is { Reason.Length: > 0 } ? $": {Rendering.TerminalText.Escape(trial.Reason, 500)}" : "";

    /// <summary>Without it only a resumed call would know less, so the watch goes on.</summary>
    private (RebootNote Note, string? Problem) TrySave(RebootNote note)
    {
        try
        {
            notes.Save(note);
            return (note, null);
        }
        catch (IOException e)
        {
            return (note, e.Message);
        }
    }

    /// <summary>What a guest that goes down or comes up does to calls; anything else the agent said.</summary>
    private static bool IsPassing(VmError error) => (StatusCode)error.Code is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Cancelled;

    private static TimeSpan Shortest(TimeSpan a, TimeSpan b) => a < b ? a : b;

    /// <summary>What is known of one restart so far.</summary>
    private sealed class Watch(VmEntry vm, RebootNote note, RebootSettings settings, Pacing pacing, Func<VmEvent, ValueTask> report)
    {
        public VmEntry Vm { get; } = vm;

        public RebootSettings Settings { get; } = settings;

        public Pacing Pacing { get; } = pacing;

        public RebootNote Note { get; set; } = note;

        public long StartedAt { get; init; }

        public bool Asked { get; set; }

        public bool WentDown { get; set; }

        public BootTrial? Trial { get; set; }

        public TimeSpan ResetAfter { get; set; }

        public ValueTask ReportAsync(RebootPhase phase) => report(new VmEvent { RebootProgress = new RebootProgress { Phase = phase } });

        public RebootResult Result(RebootResponse answer, TimeSpan took)
        {
            var isOurs = string.Equals(answer.Trial.OperationId, Note.OperationId, StringComparison.Ordinal);
            return new RebootResult
            {
                Outcome = isOurs && answer.Trial.State == BootTrialState.FellBack ? RebootOutcome.FellBack
                    : Asked || answer.BootIdBefore.Length > 0 ? RebootOutcome.Restarted
                    : RebootOutcome.RestartedByOthers,
                BootIdBefore = answer.BootIdBefore.Length > 0 ? answer.BootIdBefore : Note.BootIdBefore,
                BootId = answer.BootId,
                TookMs = (ulong)took.TotalMilliseconds,
                ResetAfterMs = (ulong)ResetAfter.TotalMilliseconds,
                // Why there was none the first answer said, and the last one can no longer know.
                Trial = isOurs ? answer.Trial : Trial is { State: BootTrialState.None } none ? none : new BootTrial { State = BootTrialState.None, Reason = answer.Trial.Reason },
            };
        }
    }
}
