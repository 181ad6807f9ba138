using GuestTune.Agent.V1;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.MeasuredBoot.Predictions;
using GuestTune.Controller.Power;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;
using GuestTune.Practice.V1;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.Rebooting;

/// <summary>Restarts guests as part of an operation: the change, the restart, a look at what is in force after it, and the end of the boot trial.</summary>
internal sealed class RebootJob(FleetRunner fleet, RebootNotes notes, IVmPower power, PredictedOperations operations, TimeProvider time)
{
    private static readonly TimeSpan QuoteTime = TimeSpan.FromSeconds(30);

    private readonly GuestRestart _restart = new(fleet, notes, power, time);

    /// <summary>A restart alone.</summary>
    public async Task<VmEvent> RestartAsync(
        VmEntry vm, string operationId, VmCall observe, RebootSettings settings, Pacing pacing, Func<VmEvent, ValueTask> report, CancellationToken cancellationToken)
    {
        var (note, isNew, error) = await FindOrSaveNoteAsync(vm, operationId, pacing, cancellationToken);
        if (note is null)
        {
            return Failed(error!);
        }

        var unpredicted = isNew ? await PredictAsync(vm, operationId, settings, pacing, cancellationToken) : null;
        (var result, error) = await _restart.RunAsync(vm, note, settings, pacing, report, cancellationToken);
        if (result is null)
        {
            return Failed(error!);
        }

        var (seen, unseen) = await fleet.CallAsync(vm, pacing, changes: false, call => observe(call), cancellationToken);
        if (seen is null)
        {
            return Failed(unseen!);
        }

        result.Observations.Add(seen.Observe.Observations);
        await JudgeAsync(vm, operationId, result, unpredicted, pacing, cancellationToken);
        if (result.Outcome == RebootOutcome.FellBack)
        {
            result.Problem = FellBackWords(result) + "undo what changed it, and restart the guest again; until then its boot loader keeps to the previous command line";
        }
        else if (await EndTrialAsync(vm, note.OperationId, result, pacing, cancellationToken) is { } problem)
        {
            AddProblem(result, problem);
        }

        notes.Remove(note);
        return new VmEvent { Reboot = result };
    }

    public Task<VmEvent> ApplyAsync(
        VmEntry vm, string operationId, VmCall apply, RebootSettings settings, Pacing pacing, Func<VmEvent, ValueTask> report, CancellationToken cancellationToken)
    {
        return ChangeAsync(vm, operationId, apply, UndoAsync, settings, pacing, report, cancellationToken);

        // The guest runs on the previous line, and so must the next boot.
        async Task<string?> UndoAsync()
        {
            var undo = new AgentApi.UndoRequest { OperationId = BackId(operationId), TargetOperationId = operationId };
            var (answer, error) = await fleet.CallAsync(vm, pacing, changes: true, async call => (await operations.UndoAsync(call, undo)).Answer, cancellationToken);
            return error?.Message ?? (answer!.Operation.State == OperationState.Failed ? TerminalText.Escape(answer.Operation.Error, 1000) : null);
        }
    }

    public Task<VmEvent> UndoAsync(
        VmEntry vm, string operationId, VmCall undo, RebootSettings settings, Pacing pacing, Func<VmEvent, ValueTask> report, CancellationToken cancellationToken) =>
        ChangeAsync(
            vm, operationId, undo, static () => Task.FromResult<string?>("an undo cannot be undone: apply again what is wanted"), settings, pacing, report, cancellationToken);

    /// <param name="change">Asked before the restart and again after it, when the agent gives its first answer with what it sees then.</param>
    /// <param name="takeBack">For a guest that fell back; what went wrong with it, or null.</param>
    private async Task<VmEvent> ChangeAsync(
        VmEntry vm,
        string operationId,
        VmCall change,
        Func<Task<string?>> takeBack,
        RebootSettings settings,
        Pacing pacing,
        Func<VmEvent, ValueTask> report,
        CancellationToken cancellationToken)
    {
        StartForecast? forecast = null, unpredicted = null;
        if (TryFind(vm, operationId, out var problem) is not { } note)
        {
            if (problem is not null)
            {
                return Failed(RebootFailure.NotNoted(problem));
            }

            var (info, unknown) = await InfoAsync(vm, pacing, cancellationToken);
            if (info is null)
            {
                return Failed(unknown!);
            }

            var (changed, unchanged) = await ChangeOneAsync();
            if (changed is null)
            {
                return Failed(unchanged!);
            }

            if (!WaitsForRestart(changed))
            {
                return await NotNeededAsync(vm, operationId, changed, pacing, cancellationToken);
            }

            note = new RebootNote(vm.Name, operationId, info.BootId);
            if (TrySave(note) is { } unsaved)
            {
                return Failed(RebootFailure.NotNoted(unsaved));
            }

            forecast = changed.Forecast;
            unpredicted = forecast is { State: StartForecastState.NotPredicted } ? forecast : null;
            if (forecast is null || settings.Trial != TrialWish.None)
            {
                // A trial's start is one of its own, and known as that also where the change was not predicted.
                var trial = await PredictAsync(vm, operationId, settings, pacing, cancellationToken);
                unpredicted ??= trial;
            }
        }

        // Twice where somebody else restarted the guest just before the change was made: then it still waits.
        for (var again = false; ; again = true)
        {
            var (result, error) = await _restart.RunAsync(vm, note, settings, pacing, report, cancellationToken);
            if (result is null)
            {
                return Failed(error!);
            }

            var (verified, unverified) = await ChangeOneAsync();
            if (verified is null)
            {
                return Failed(unverified!);
            }

            if (!again && result.Outcome == RebootOutcome.RestartedByOthers && Observation(verified)?.Verdict == Verdict.Pending)
            {
                note = note with { BootIdBefore = result.BootId };
                if (TrySave(note) is { } unsaved)
                {
                    return Failed(RebootFailure.NotNoted(unsaved));
                }

                continue;
            }

            await JudgeAsync(vm, operationId, result, unpredicted, pacing, cancellationToken);
            await SettleAsync(vm, operationId, result, verified, takeBack, pacing, cancellationToken);
            if (result.Outcome == RebootOutcome.FellBack)
            {
                // How it stands now that it was taken back.
                verified = (await ChangeOneAsync()).Value ?? verified;
            }

            notes.Remove(note);
            verified.Forecast = forecast;
            verified.Rebooted = result;
            return verified;
        }

        Task<VmAnswer<VmEvent>> ChangeOneAsync() => fleet.CallAsync(vm, pacing, changes: true, call => change(call), cancellationToken);
    }

    private async Task SettleAsync(
        VmEntry vm, string operationId, RebootResult result, VmEvent verified, Func<Task<string?>> takeBack, Pacing pacing, CancellationToken cancellationToken)
    {
        if (result.Outcome == RebootOutcome.FellBack)
        {
            // The trial ends after the undo: a power cut between the two must not meet the new line.
            var problem = await takeBack();
            result.Problem = FellBackWords(result) + (problem is not null
                ? $"and taking the change back failed, so that its boot loader keeps to the previous command line by the boot trial: {problem}"
                : await EndTrialAsync(vm, operationId, result, pacing, cancellationToken) is { } open
                    ? $"the change was undone; {open}"
                    : "the change was undone");
            return;
        }

        var observation = Observation(verified);
        if (observation?.Verdict is Verdict.Pending or Verdict.Failed or Verdict.Drifted)
        {
            AddProblem(result, $"after the restart it is {Words.Of(observation.Verdict)}: {TerminalText.Escape(observation.Reason, 1000)}");
        }

        if (await EndTrialAsync(vm, operationId, result, pacing, cancellationToken) is { } left)
        {
            AddProblem(result, left);
        }
    }

    /// <returns>Why the next start is not predicted; null where it is, or need not be.</returns>
    private async Task<StartForecast?> PredictAsync(VmEntry vm, string operationId, RebootSettings settings, Pacing pacing, CancellationToken cancellationToken)
    {
        StartForecast? unpredicted = null;
        var (_, error) = await fleet.CallAsync(
            vm,
            ForQuote(pacing),
            changes: false,
            async call =>
            {
                unpredicted = await operations.BeforeRestartAsync(call, operationId, settings.Trial != TrialWish.None);
                return new VmEvent();
            },
            cancellationToken);
        return error is null ? unpredicted : new StartForecast { State = StartForecastState.NotPredicted, Text = error.Message };
    }

    /// <summary>Whether the guest was started as it was predicted; before the trial ends, since that start is one of its own.</summary>
    private async Task JudgeAsync(VmEntry vm, string operationId, RebootResult result, StartForecast? unpredicted, Pacing pacing, CancellationToken cancellationToken)
    {
        var (_, error) = await fleet.CallAsync(
            vm,
            ForQuote(pacing),
            changes: false,
            async call =>
            {
                result.Start = await operations.JudgeAsync(call, unpredicted);
                return new VmEvent();
            },
            cancellationToken);
        if (error is not null && await operations.HasReferencesAsync(vm.Name, cancellationToken))
        {
            result.Start = new StartForecast { State = StartForecastState.Otherwise, Text = $"no quote proves it: {error.Message}" };
        }

        if (result.Start is { State: StartForecastState.Otherwise } otherwise && result.Outcome != RebootOutcome.FellBack)
        {
            var reason = unpredicted is null ? "" : $" (what could not be predicted: {unpredicted.Text})";
            AddProblem(result, $"it was not started as predicted: {otherwise.Text}{reason}; see guesttune pcr check");
        }
    }

    /// <summary>A TPM signs for longer than an agent answers.</summary>
    private static Pacing ForQuote(Pacing pacing) => pacing.TimeLimit >= QuoteTime ? pacing : pacing with { TimeLimit = QuoteTime, AttachLimit = QuoteTime };

    private static void AddProblem(RebootResult result, string problem) => result.Problem = result.Problem.Length == 0 ? problem : $"{result.Problem}; {problem}";

    /// <summary>A repeated call whose restart another controller followed may have left its trial behind.</summary>
    private async Task<VmEvent> NotNeededAsync(VmEntry vm, string operationId, VmEvent changed, Pacing pacing, CancellationToken cancellationToken)
    {
        changed.Rebooted = new RebootResult { Outcome = RebootOutcome.NotNeeded, Trial = new BootTrial { State = BootTrialState.None } };
        if (IsRepeated(changed))
        {
            var ask = new EndBootTrialRequest { OperationId = operationId };
            var (ended, _) = await fleet.CallAsync(vm, pacing, changes: true, async call => await call.Agent.EndBootTrialAsync(ask, call.Options), cancellationToken);
            changed.Rebooted.Trial = ended?.Trial ?? changed.Rebooted.Trial;
        }

        return changed;
    }

    /// <returns>What to say where the boot loader still has it.</returns>
    private async Task<string?> EndTrialAsync(VmEntry vm, string operationId, RebootResult result, Pacing pacing, CancellationToken cancellationToken)
    {
        if (result.Trial.State == BootTrialState.None)
        {
            return null;
        }

        var ask = new EndBootTrialRequest { OperationId = operationId };
        var (_, error) = await fleet.CallAsync(vm, pacing, changes: true, async call => await call.Agent.EndBootTrialAsync(ask, call.Options), cancellationToken);
        return error is null ? null : $"the boot trial was not ended, so the next boot takes the previous command line; repeat the command with --operation-id {operationId}: {error.Message}";
    }

    private async Task<(RebootNote? Note, bool IsNew, VmError? Error)> FindOrSaveNoteAsync(VmEntry vm, string operationId, Pacing pacing, CancellationToken cancellationToken)
    {
        if (TryFind(vm, operationId, out var problem) is { } known)
        {
            return (known, false, null);
        }

        if (problem is not null)
        {
            return (null, false, RebootFailure.NotNoted(problem));
        }

        var (info, error) = await InfoAsync(vm, pacing, cancellationToken);
        if (info is null)
        {
            return (null, false, error);
        }

        var note = new RebootNote(vm.Name, operationId, info.BootId);
        return TrySave(note) is { } unsaved ? (null, false, RebootFailure.NotNoted(unsaved)) : (note, true, null);
    }

    private Task<VmAnswer<GetInfoResponse>> InfoAsync(VmEntry vm, Pacing pacing, CancellationToken cancellationToken) => fleet.CallAsync(
        vm, pacing, changes: false, async call => AnswerCheck.Checked(await call.Agent.GetInfoAsync(new AgentApi.GetInfoRequest(), call.Options)), cancellationToken);

    private RebootNote? TryFind(VmEntry vm, string operationId, out string? problem)
    {
        try
        {
            problem = null;
            return notes.Find(vm.Name, operationId);
        }
        catch (IOException e)
        {
            problem = e.Message;
            return null;
        }
    }

    private string? TrySave(RebootNote note)
    {
        try
        {
            notes.Save(note);
            return null;
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }

    /// <summary>A first answer says what it changed for the next boot; a later one what still waits.</summary>
    private static bool WaitsForRestart(VmEvent changed)
    {
        var operation = changed.Apply?.Operation ?? changed.Undo?.Operation;
        return operation?.State is OperationState.Done or OperationState.Unchanged
            && (Observation(changed)?.Verdict == Verdict.Pending
                || (!IsRepeated(changed) && operation.Outcomes.Any(static o => o.Change?.TakesEffect == TakesEffect.AfterGuestReboot && o.State is ChangeState.Verified or ChangeState.Reverted)));
    }

    private static bool IsRepeated(VmEvent changed) => changed.Apply?.RepeatedAnswer ?? changed.Undo?.RepeatedAnswer ?? false;

    private static Observation? Observation(VmEvent changed) => changed.Apply?.Observation ?? changed.Undo?.Observation;

    private static string FellBackWords(RebootResult result) =>
        $"with the new command line the guest did not come up{(result.ResetAfterMs > 0 ? $" within {result.ResetAfterMs / 1000.0:0.#} s and was reset by this host" : "")}, and runs on the previous one ({TerminalText.Escape(result.Trial.Reason, 300)}); ";

    /// <summary>The same for every repetition, and no longer than an id may be.</summary>
    private static string BackId(string operationId) => (operationId.Length <= 59 ? operationId : operationId[..59]) + ".back";

    private static VmEvent Failed(VmError error) => new() { Error = error };
}
