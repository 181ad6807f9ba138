using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Practice.V1;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.HostController.Tests.Fakes;

/// <summary>An agent whose haltpoll parameters are a dictionary; a test may put itself before any call.</summary>
internal sealed class ScriptedAgent : AgentApi.Agent.AgentBase
{
    private readonly ConcurrentDictionary<string, ApplyResponse> _answers = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<Operation> _operations = new();

    public ConcurrentDictionary<string, string> Values { get; } = new(
        new Dictionary<string, string>(StringComparer.Ordinal) { ["guest_halt_poll_ns"] = "200000", ["guest_halt_poll_grow"] = "2" },
        StringComparer.Ordinal);

    /// <summary>Run before a call is carried out, with the call's name.</summary>
    public Func<string, ServerCallContext, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Run when a call has been carried out and not been answered yet.</summary>
    public Func<string, ServerCallContext, Task> After { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Told what a plan or an apply asks for.</summary>
    public Action<Desired> SeenDesired { get; set; } = _ => { };

    public Func<GetInfoResponse>? Info { get; set; }

    /// <summary>Puts another answer in the place of the honest one.</summary>
    public Func<object, object> Forge { get; set; } = answer => answer;

    public ConcurrentQueue<string> Calls { get; } = new();

    public ScriptedBoot Boot { get; } = new();

    /// <summary>What every observation says; it may depend on the boot.</summary>
    public Func<Verdict> Verdict { get; set; } = () => Practice.V1.Verdict.Configured;

    public TakesEffect TakesEffect { get; set; } = TakesEffect.Now;

    /// <summary>Before the name of a setting, in the item of its change.</summary>
    public string ItemPrefix { get; set; } = "";

    /// <summary>How often something was really changed.</summary>
    public int ChangeCount { get; private set; }

    public override Task<PingResponse> Ping(PingRequest request, ServerCallContext context) =>
        DoAsync("Ping", context, () => new PingResponse { Payload = request.Payload });

    public override Task<GetInfoResponse> GetInfo(GetInfoRequest request, ServerCallContext context) => DoAsync("GetInfo", context, Info ?? (() => new GetInfoResponse
    {
        AgentVersion = "0.1.0",
        ApiVersion = "v1.0",
        BootId = Boot.BootId,
        InstanceId = "instance",
        KernelRelease = "6.12.0",
        Architecture = "x86_64",
        OsRelease = { ["PRETTY_NAME"] = "Test Linux 1" },
        Practices = { new PracticeSupport { Practice = "guest-idle-haltpoll", Supported = true } },
    }));

    public override Task<ObserveResponse> Observe(ObserveRequest request, ServerCallContext context) =>
        DoAsync("Observe", context, () => new ObserveResponse { Observations = { Observation() } });

    public override Task<PlanResponse> Plan(PlanRequest request, ServerCallContext context) => DoAsync("Plan", context, () => new PlanResponse
    {
        Plan = new Plan { Practice = request.Desired.Practice, Changes = { Changes(request.Desired) } },
    });

    public override Task<ApplyResponse> Apply(ApplyRequest request, ServerCallContext context) => DoAsync("Apply", context, () =>
    {
        if (_answers.TryGetValue(request.OperationId, out var first))
        {
            return new ApplyResponse(first) { RepeatedAnswer = true, Observation = Observation() };
        }

        var operation = new Operation
        {
            OperationId = request.OperationId,
            Kind = OperationKind.Apply,
            Practice = "guest-idle-haltpoll",
            State = OperationState.Done,
            BegunAt = Timestamp.FromDateTime(DateTime.UnixEpoch),
        };
        foreach (var change in Changes(request.Desired))
        {
            Values[change.Item] = change.After;
            operation.Outcomes.Add(new ChangeOutcome { Change = change, State = ChangeState.Verified, ReadBack = change.After });
        }

        ChangeCount++;
        _operations.Enqueue(operation);
        return _answers[request.OperationId] = new ApplyResponse { Operation = operation, Observation = Observation() };
    });

    public override Task<UndoResponse> Undo(UndoRequest request, ServerCallContext context) => DoAsync("Undo", context, () =>
    {
        var target = _operations.LastOrDefault(o => request.TargetOperationId.Length == 0 || o.OperationId == request.TargetOperationId)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"there is no operation '{request.TargetOperationId}'"));
        foreach (var outcome in target.Outcomes)
        {
            Values[outcome.Change.Item] = outcome.Change.Before;
        }

        target.State = OperationState.Undone;

        return new UndoResponse
        {
            Operation = new Operation { OperationId = request.OperationId, Kind = OperationKind.Undo, State = OperationState.Done, RelatedOperationId = target.OperationId },
            Observation = Observation(),
        };
    });

    public override Task<HistoryResponse> History(HistoryRequest request, ServerCallContext context) =>
        DoAsync("History", context, () => new HistoryResponse { Operations = { _operations.Reverse() } });

    public override Task<RebootResponse> Reboot(RebootRequest request, ServerCallContext context) => DoAsync("Reboot", context, () => Boot.Ask(request));

    public override Task<EndBootTrialResponse> EndBootTrial(EndBootTrialRequest request, ServerCallContext context) =>
        DoAsync("EndBootTrial", context, () => new EndBootTrialResponse { Trial = Boot.EndTrial() });

    private async Task<T> DoAsync<T>(string name, ServerCallContext context, Func<T> answer)
    {
        Calls.Enqueue(name);
        await Before(name, context);
        await Boot.WaitWhileDownAsync(context.CancellationToken);
        var result = answer();
        await After(name, context);
        return (T)Forge(result!);
    }

    private Observation Observation() => new()
    {
        Practice = "guest-idle-haltpoll",
        Verdict = Verdict(),
        Reason = "no KVM signature",
        Facts =
        {
            Values.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => new Fact { Name = v.Key, Scope = Scope.InForce, Value = v.Value, Source = $"/sys/module/haltpoll/parameters/{v.Key}" }),
            new Fact { Name = "current_driver", Scope = Scope.Context, Value = "none", Source = "/sys/devices/system/cpu/cpuidle/current_driver" },
        },
    };

    private IEnumerable<Change> Changes(Desired desired)
    {
        SeenDesired(desired);
        return desired.Settings.Where(s => Values.GetValueOrDefault(s.Key) != s.Value).Select(s => new Change
        {
            Item = ItemPrefix + s.Key,
            Target = $"/sys/module/haltpoll/parameters/{s.Key}",
            Before = Values.GetValueOrDefault(s.Key) ?? "0",
            After = s.Value,
            TakesEffect = TakesEffect,
        });
    }
}
