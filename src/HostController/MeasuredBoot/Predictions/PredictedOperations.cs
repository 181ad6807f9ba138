using System.Collections.Concurrent;
using Grpc.Core;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Rendering;
using GuestTune.Controller.V1;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.Practice.V1;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>
/// Carries out what changes a guest's kernel command line, with the prediction of its next start around it. What cannot be predicted is said,
/// and holds nothing up.
/// </summary>
internal sealed class PredictedOperations(StartPredictor predictor)
{
    private const string BootItem = "boot:";

    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A call is repeated where its session broke, and the guest may have been changed by then: boot files of before count for as long as the same start runs.
    /// By VM, the last.
    /// </summary>
    private readonly ConcurrentDictionary<string, (string OperationId, RunningStart Start)> _begun = new(StringComparer.Ordinal);

    public async Task<(AgentApi.ApplyResponse Answer, StartForecast? Forecast)> ApplyAsync(VmCallContext call, AgentApi.ApplyRequest ask)
    {
        var requested = RequestedArgument.Of(ask.Desired);
        var (start, problem) = requested.Count == 0 ? default : await BeginAsync(call, ask.OperationId, mayDiffer: false);
        var answer = await AskAsync(call, async () => AnswerCheck.Checked(await call.Agent.ApplyAsync(ask, call.Options), ask));
        return (answer, await EndAsync(call, start, problem, answer.Operation, answer.RepeatedAnswer, requested, PredictionKind.Change, undone: null));
    }

    public async Task<(AgentApi.UndoResponse Answer, StartForecast? Forecast)> UndoAsync(VmCallContext call, AgentApi.UndoRequest ask)
    {
        StartReferences? references = null;
        var unknown = await TryAsync(async () => references = await predictor.FindAsync(call.Vm.Name, call.Options.CancellationToken));
        var target = references is null || IsKnown(references, ask.OperationId) ? null
            : references.Predictions.FirstOrDefault(p => p is { Kind: PredictionKind.Change, IsUndone: false } && (ask.TargetOperationId.Length == 0 || p.OperationId == ask.TargetOperationId));

        // Also where the guest fell back: it goes back to what was predicted before.
        var (start, problem) = target is null ? default : await BeginAsync(call, ask.OperationId, mayDiffer: true);
        var answer = await AskAsync(call, async () => AnswerCheck.Checked(await call.Agent.UndoAsync(ask, call.Options), ask));

        // What was asked for counts; where that was the last operation, only the guest knows which it is.
        var undone = ask.TargetOperationId.Length > 0 ? ask.TargetOperationId : answer.Operation.RelatedOperationId;
        if (target is null)
        {
            unknown ??= references is null ? null : "what that operation had changed was not predicted from this baseline";
            return (answer, await EndAsync(call, null, unknown, answer.Operation, answer.RepeatedAnswer, [], PredictionKind.Undo, undone: null));
        }

        if (target.OperationId != undone)
        {
            // Whether that was of the command line is the guest's word, too.
            _begun.TryRemove(call.Vm.Name, out _);
            var reason = $"the guest says that it took back {(undone.Length == 0 ? "an operation without an id" : TerminalText.Escape(undone, 64))}, and not {target.OperationId}";
            return (answer, answer.Operation.State == OperationState.Failed ? null : await GiveUpAsync(
                reason, () => predictor.GiveUpAsync(call.Vm.Name, start?.Count, ask.OperationId, PredictionKind.Undo, [], reason, undone: null, call.Options.CancellationToken)));
        }

        return (answer, await EndAsync(call, start, problem, answer.Operation, answer.RepeatedAnswer, RequestedArgument.Undoing(target.Changes), PredictionKind.Undo, target));
    }

    /// <summary>Before a restart, which may be a boot trial.</summary>
    /// <returns>Why the start after it is not predicted; null where it is, or there is nothing to predict it from.</returns>
    public async Task<StartForecast?> BeforeRestartAsync(VmCallContext call, string operationId, bool hasTrial)
    {
        var problem = await TryAsync(async () =>
        {
            if (await predictor.FindAsync(call.Vm.Name, call.Options.CancellationToken) is { } references && !references.Predictions.Any(p => p.Kind == PredictionKind.Trial && p.OperationId == operationId))
            {
                await predictor.BeforeRestartAsync(call, await predictor.LookAsync(call, references, mayDiffer: false), hasTrial ? operationId : null);
            }
        });
        return problem is null ? null
            : hasTrial ? await GiveUpAsync(problem, () => predictor.GiveUpAsync(call.Vm.Name, null, operationId, PredictionKind.Trial, [], problem, undone: null, call.Options.CancellationToken))
            : NotPredicted(problem);
    }

    /// <summary>After a restart.</summary>
    /// <param name="unpredicted">What was said before it; null: that it is predicted, or nothing.</param>
    /// <returns>Null where there is nothing that it could have been predicted from.</returns>
    public async Task<StartForecast?> JudgeAsync(VmCallContext call, StartForecast? unpredicted)
    {
        StartForecast? forecast = null;
        var problem = await TryAsync(async () =>
        {
            if (await predictor.FindAsync(call.Vm.Name, call.Options.CancellationToken) is { } references)
            {
                forecast = await predictor.JudgeAsync(call, references, unpredicted?.Text);
            }
        });
        return problem is null ? forecast : new StartForecast { State = StartForecastState.Otherwise, Text = problem };
    }

    /// <summary>Whether starts of a VM are held against anything, or that cannot be told.</summary>
    public async Task<bool> HasReferencesAsync(string vm, CancellationToken cancellationToken)
    {
        StartReferences? references = null;
        return await TryAsync(async () => references = await predictor.FindAsync(vm, cancellationToken)) is not null || references is not null;
    }

    private async Task<(RunningStart? Start, string? Problem)> BeginAsync(VmCallContext call, string operationId, bool mayDiffer)
    {
        RunningStart? start = null;
        var problem = await TryLookAsync(call, async look =>
        {
            // A repeated call was predicted when it was made.
            if (await predictor.FindAsync(call.Vm.Name, call.Options.CancellationToken) is { } references && !IsKnown(references, operationId))
            {
                start = await predictor.LookAsync(look, references, mayDiffer);
                if (_begun.TryGetValue(call.Vm.Name, out var begun) && begun.OperationId == operationId
                    && begun.Start.Count == start.Count && begun.Start.References.Baseline.Summary.SavedAt == references.Baseline.Summary.SavedAt)
                {
                    start = start with { Files = begun.Start.Files };
                }

                _begun[call.Vm.Name] = (operationId, start);
            }
        });
        return (start, problem);
    }

    /// <param name="problem">Why nothing is known of the start that runs; null also where there is nothing to predict from.</param>
    /// <param name="undone">The prediction that is taken back; null: none.</param>
    private async Task<StartForecast?> EndAsync(
        VmCallContext call, RunningStart? start, string? problem, Operation operation, bool isRepeated, IReadOnlyList<RequestedArgument> requested, PredictionKind kind, Prediction? undone)
    {
        StartForecast? forecast = null;
        var isOfCommandLine = !isRepeated
            && operation.Outcomes.Any(static o => o.Change?.Item.StartsWith(BootItem, StringComparison.Ordinal) is true && o.State is ChangeState.Verified or ChangeState.Reverted);
        if (start is not null)
        {
            problem = await TryLookAsync(call, async look =>
            {
                if (await predictor.AfterChangeAsync(look, start, operation.OperationId, requested, undone?.OperationId) is { } text)
                {
                    forecast = new StartForecast { State = StartForecastState.Predicted, Text = text };
                }
            });
            _begun.TryRemove(KeyValuePair.Create(call.Vm.Name, (operation.OperationId, start)));
        }

        if (forecast is not null)
        {
            return forecast;
        }

        var (hasFailed, isUndo) = (operation.State == OperationState.Failed, undone is not null);
        problem ??= (start is not null && isOfCommandLine) || (isUndo && !hasFailed) ? "the guest shows its boot files as they were" : null;
        var reason = isOfCommandLine || start is not null || (isUndo && !hasFailed) ? problem : null;

        // What was asked for is held against what counts also where the guest says that it had nothing to do.
        if (reason is null && !isUndo && !hasFailed && await ContradictsAsync(call, operation.OperationId, requested))
        {
            reason = problem ?? "it was not seen being made: the guest says that it had nothing to change, and what counted before is otherwise";
        }

        return reason is null ? null : await GiveUpAsync(
            reason,
            () => predictor.GiveUpAsync(
                call.Vm.Name, start?.Count, operation.OperationId, kind, [.. requested.Select(static r => r.ToChange())], reason, undone, call.Options.CancellationToken));
    }

    /// <summary>Whether an operation that is not known yet was asked for something else than what counts.</summary>
    private async Task<bool> ContradictsAsync(VmCallContext call, string operationId, IReadOnlyList<RequestedArgument> requested)
    {
        var contradicts = false;
        return requested.Count > 0 && await TryAsync(async () =>
        {
            contradicts = await predictor.FindAsync(call.Vm.Name, call.Options.CancellationToken) is { } references
                && !IsKnown(references, operationId) && references.Contradicts(requested);
        }) is null && contradicts;
    }

    private static bool IsKnown(StartReferences references, string operationId) => references.Predictions.Any(p => p.Kind != PredictionKind.Trial && p.OperationId == operationId);

    /// <param name="note">Gives the baseline's name where that is what counts then.</param>
    private static async Task<StartForecast> GiveUpAsync(string reason, Func<Task<string?>> note)
    {
        string? baseline = null;
        return await TryAsync(async () => baseline = await note()) is { } unsaved ? NotPredicted($"{reason}; and what was predicted before counts still, since that cannot be noted: {unsaved}")
            : baseline is null ? NotPredicted(reason)
            : new StartForecast { State = StartForecastState.Predicted, Text = $"back to {baseline}, if the guest did it, which was not seen: {reason}" };
    }

    /// <summary>Of an operation that has failed otherwise than by its session or its time, nothing is repeated.</summary>
    private async Task<T> AskAsync<T>(VmCallContext call, Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (RpcException e) when (e.StatusCode is not (StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled or StatusCode.DeadlineExceeded))
        {
            _begun.TryRemove(call.Vm.Name, out _);
            throw;
        }
    }

    /// <summary>What is asked beside an operation, of a TPM that may hang: at least half of the time that is left stays the operation's own.</summary>
    private static Task<string?> TryLookAsync(VmCallContext call, Func<VmCallContext, Task> look) => TryAsync(async () =>
    {
        var now = call.Time.GetUtcNow().UtcDateTime;
        var half = (call.Options.Deadline!.Value - now) / 2;
        var limit = half < LongestLook ? half : LongestLook;
        try
        {
            await look(call with { Options = call.Options.WithDeadline(now + limit) });
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.DeadlineExceeded or StatusCode.Internal or StatusCode.Unknown && !call.Attachment.HasEnded)
        {
            throw new UnpredictableException(
                e.StatusCode == StatusCode.DeadlineExceeded ? $"the guest's TPM and boot files were not read within {limit.TotalSeconds:0} s" : TerminalText.Escape(e.Status.Detail, 400), e);
        }
    });

    /// <summary>A session that breaks is the caller's to repeat; nothing else may fail the operation itself.</summary>
    /// <returns>What went wrong, or null.</returns>
    private static async Task<string?> TryAsync(Func<Task> work)
    {
        try
        {
            await work();
            return null;
        }
        catch (Exception e) when (e is UnpredictableException or IOException or EventLogException)
        {
            return e.Message;
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.FailedPrecondition or StatusCode.PermissionDenied or StatusCode.Unimplemented or StatusCode.NotFound or StatusCode.DataLoss or StatusCode.InvalidArgument or StatusCode.ResourceExhausted)
        {
            return TerminalText.Escape(e.Status.Detail, 400);
        }
    }

    private static StartForecast NotPredicted(string reason) => new() { State = StartForecastState.NotPredicted, Text = reason };
}
