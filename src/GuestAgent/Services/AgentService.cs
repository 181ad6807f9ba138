using Grpc.Core;
using GuestTune.Agent.Kernel;
using GuestTune.Agent.MeasuredBoot;
using GuestTune.Agent.Policy;
using GuestTune.Agent.Rebooting;
using GuestTune.Agent.V1;
using GuestTune.Practices;
using GuestTune.Practices.Files;
using GuestTune.Protocol;
using Microsoft.Extensions.Logging;

namespace GuestTune.Agent.Services;

/// <summary>The agent's API: checks sizes, asks the engine, and turns its words into messages.</summary>
internal sealed class AgentService(
    OperationEngine engine,
    GuestReboot reboot,
    GuestTpm tpm,
    PolicySource policies,
    KernelIdentity kernel,
    AgentIdentity identity,
    RootedFileSystem files,
    TimeProvider time,
    ILogger<AgentService> logger) : V1.Agent.AgentBase
{
    public const int MaximumPayloadBytes = 64 * 1024;
    public const int DefaultHistory = 50;
    public const int MaximumHistory = 1000;

    /// <summary>Far below the 4 MiB that a gRPC client takes by default.</summary>
    private const int MaximumHistoryBytes = 1024 * 1024;

    public override Task<PingResponse> Ping(PingRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Payload.Length <= MaximumPayloadBytes
            ? Task.FromResult(new PingResponse { Payload = request.Payload })
            : throw PracticeException.Invalid($"payload has {request.Payload.Length} bytes; at most {MaximumPayloadBytes} come back").ToRpcException();
    }

    public override Task<GetInfoResponse> GetInfo(GetInfoRequest request, ServerCallContext context)
    {
        var policy = policies.Current;
        var response = new GetInfoResponse
        {
            AgentVersion = identity.AgentVersion,
            ApiVersion = AgentIdentity.ApiVersion,
            BootId = kernel.BootId,
            InstanceId = identity.InstanceId,
            KernelRelease = kernel.Release,
            Architecture = kernel.Architecture,
            Policy = new V1.Policy { PersistRefused = !policy.MayPersist, Problem = StatusText.Bound(policy.Problem ?? string.Empty) },
        };
        foreach (var rpc in AgentRpc.All)
        {
            if (policy.WhyRefused(rpc) is not null)
            {
                response.Policy.RefusedRpcs.Add(rpc);
            }
        }

        foreach (var (name, value) in OsRelease.Read(files))
        {
            response.OsRelease.Add(name, value);
        }

        foreach (var practice in engine.Practices)
        {
            var reason = policy.WhyPracticeRefused(practice.Id);
            var support = reason is null ? practice.CheckSupport() : new Practices.PracticeSupport(practice.Id, false, reason);
            response.Practices.Add(new V1.PracticeSupport { Practice = support.Practice, Supported = support.Supported, Reason = support.Reason ?? string.Empty });
        }

        var found = tpm.Look();
        response.MeasuredBoot = new MeasuredBootSupport { Supported = found.Problem is null, Reason = found.Problem ?? $"TPM 2.0 ({found.Folder})" };
        return Task.FromResult(response);
    }

    public override Task<ObserveResponse> Observe(ObserveRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            var response = new ObserveResponse();
            if (request.Practices.Distinct(StringComparer.Ordinal).Count() < request.Practices.Count)
            {
                throw PracticeException.Invalid("a practice is named twice: name each once");
            }

            foreach (var id in request.Practices)
            {
                response.Observations.Add(engine.Observe(id).ToMessage());
            }

            if (request.Practices.Count == 0)
            {
                ObserveAll(response);
            }

            return Task.FromResult(response);
        }
        catch (PracticeException e)
        {
            throw e.ToRpcException();
        }
    }

    public override Task<PlanResponse> Plan(PlanRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            return Task.FromResult(new PlanResponse { Plan = engine.Plan(CheckPersist(request.Desired)).ToMessage() });
        }
        catch (PracticeException e)
        {
            throw e.ToRpcException();
        }
    }

    public override Task<ApplyResponse> Apply(ApplyRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return ChangeAsync(nameof(Apply), async () =>
        {
            var started = time.GetTimestamp();
            var answer = await engine.ApplyAsync(request.OperationId, CheckPersist(request.Desired), context.CancellationToken).ConfigureAwait(false);
            Log(answer, started);
            return new ApplyResponse
            {
                Operation = answer.Operation.ToMessage(),
                Observation = answer.Observation.ToMessage(),
                RepeatedAnswer = answer.Repeated,
            };
        });
    }

    public override Task<UndoResponse> Undo(UndoRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return ChangeAsync(nameof(Undo), async () =>
        {
            var started = time.GetTimestamp();
            var answer = await engine.UndoAsync(request.OperationId, request.TargetOperationId, request.Force, context.CancellationToken).ConfigureAwait(false);
            Log(answer, started);
            return new UndoResponse
            {
                Operation = answer.Operation.ToMessage(),
                Observation = answer.Observation.ToMessage(),
                RepeatedAnswer = answer.Repeated,
            };
        });
    }

    public override Task<HistoryResponse> History(HistoryRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            var limit = request.Limit == 0 ? DefaultHistory : (int)Math.Min(request.Limit, MaximumHistory);
            var response = new HistoryResponse();
            var size = 0;
            foreach (var operation in engine.History(limit))
            {
                var message = operation.ToMessage();
                size += message.CalculateSize();
                if (size > MaximumHistoryBytes)
                {
                    break;
                }

                response.Operations.Add(message);
            }

            return Task.FromResult(response);
        }
        catch (PracticeException e)
        {
            throw e.ToRpcException();
        }
    }

    public override Task<RebootResponse> Reboot(RebootRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return ChangeAsync(nameof(Reboot), async () =>
        {
            var answer = await reboot.RebootAsync(
                request.OperationId, request.ExpectedBootId, request.Reason, request.Trial, context.CancellationToken).ConfigureAwait(false);
            return new RebootResponse
            {
                State = answer.State,
                BootId = answer.BootId,
                BootIdBefore = answer.BootIdBefore,
                Method = answer.Method,
                Trial = ToMessage(answer.Trial),
            };
        });
    }

    public override Task<EndBootTrialResponse> EndBootTrial(EndBootTrialRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return ChangeAsync(nameof(EndBootTrial), async () =>
        {
            return new EndBootTrialResponse { Trial = ToMessage(await reboot.EndTrialAsync(request.OperationId, context.CancellationToken).ConfigureAwait(false)) };
        });
    }

    public override async Task MeasureThroughput(
        MeasureThroughputRequest request, IServerStreamWriter<MeasureThroughputResponse> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            await ThroughputSource.SendAsync(request, responseStream, context.CancellationToken).ConfigureAwait(false);
        }
        catch (PracticeException e)
        {
            throw e.ToRpcException();
        }
    }

    /// <summary>Gives the errors of everything that changes the guest the same status and the same line in the log.</summary>
    private async Task<T> ChangeAsync<T>(string rpc, Func<Task<T>> change)
    {
        try
        {
            return await change().ConfigureAwait(false);
        }
        catch (PracticeException e)
        {
            throw Refuse(rpc, e);
        }
        catch (OperationCanceledException e)
        {
            throw NotBegun(e);
        }
    }

    private void ObserveAll(ObserveResponse response)
    {
        var policy = policies.Current;
        foreach (var practice in engine.Practices)
        {
            if (policy.WhyPracticeRefused(practice.Id) is null)
            {
                response.Observations.Add(engine.Observe(practice.Id).ToMessage());
            }
        }
    }

    private Desired CheckPersist(GuestTune.Practice.V1.Desired? message)
    {
        var desired = message.ToDesired();
        return desired.Persist && policies.Current.WhyPersistRefused() is { } reason
            ? throw new PracticeException(PracticeError.PermissionDenied, reason)
            : desired;
    }

    private void Log(OperationAnswer answer, long started)
    {
        var (operation, _, repeated) = answer;
        if (logger.IsEnabled(LogLevel.Information))
        {
            var duration = time.GetElapsedTime(started).TotalMilliseconds;
            logger.OperationEnded(
                operation.OperationId, $"{operation.Kind} of {operation.Practice} is {operation.State}{(repeated ? " (answered again)" : string.Empty)}, in {duration:F1} ms");
        }

        if (operation.Error is { } error)
        {
            logger.OperationFailed(operation.OperationId, error);
        }
    }

    private static BootTrial ToMessage(BootTrialReport trial) =>
        new() { State = trial.State, OperationId = trial.OperationId, Reason = StatusText.Bound(trial.Reason) };

    private RpcException Refuse(string rpc, PracticeException refusal)
    {
        logger.OperationRefused(rpc, refusal.Error, refusal.Message);
        return refusal.ToRpcException();
    }

    private static RpcException NotBegun(OperationCanceledException e)
        => new(new Status(StatusCode.Cancelled, "cancelled while another operation was running; this one has not begun", e));
}
