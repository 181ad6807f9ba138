using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using GuestTune.Controller.Channel;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.Libvirt;
using GuestTune.Controller.MeasuredBoot;
using GuestTune.Controller.MeasuredBoot.Baselines;
using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.Controller.MeasuredBoot.Predictions;
using GuestTune.Controller.Power;
using GuestTune.Controller.Practices;
using GuestTune.Controller.Proofs;
using GuestTune.Controller.Rebooting;
using GuestTune.Controller.Selection;
using GuestTune.Controller.V1;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.Fleet;

/// <summary>The controller itself: checks a request whole, before any VM is contacted, and runs it on the VMs selected.</summary>
internal sealed class FleetController : IController
{
    public const uint LargestPingCount = 10_000;
    public const uint LargestHistoryLimit = 1000;

    private static readonly ByteString PingPayload = ByteString.CopyFromUtf8("guesttune-ping-0");

    private readonly VmCatalog _catalog;
    private readonly LinkPool _links;
    private readonly LibvirtClients _libvirt;
    private readonly HostProofs _proofs;
    private readonly FleetRunner _runner;
    private readonly RebootJob _reboots;
    private readonly Attestor _attestor;
    private readonly BaselineCalls _baselines;
    private readonly PredictedOperations _operations;

    public FleetController(
        VmCatalog catalog,
        LinkPool links,
        LibvirtClients libvirt,
        HostProofs proofs,
        AgentLinkOptions options,
        RebootNotes notes,
        IVmPower power,
        Attestor attestor,
        BaselineJobs baselines,
        StartPredictor predictor,
        TimeProvider time)
    {
        _catalog = catalog;
        _links = links;
        _libvirt = libvirt;
        _proofs = proofs;
        _runner = new FleetRunner(links, options, time);
        _operations = new PredictedOperations(predictor);
        _reboots = new RebootJob(_runner, notes, power, _operations, time);
        _attestor = attestor;
        _baselines = new BaselineCalls(catalog, _runner, baselines);
    }

    public async Task<ListVmsResponse> ListVmsAsync(ListVmsRequest request, CancellationToken cancellationToken)
    {
        var snapshot = await _catalog.LoadAsync(cancellationToken);
        var response = new ListVmsResponse();
        response.Vms.AddRange(VmSelector.List(snapshot, request.Selection).Select(ToMessage));
        response.Warnings.AddRange(snapshot.Failures);
        response.Warnings.AddRange(snapshot.Warnings);
        if (snapshot.SourceCount == 0)
        {
            response.Warnings.Add(VmSelector.NoSourceHint);
        }

        return response;
    }

    public IAsyncEnumerable<VmEvent> PingAsync(PingRequest request, CancellationToken cancellationToken)
    {
        var count = Bounded("count", request.Count, whenZero: 1, LargestPingCount);
        return RunAsync(request.Selection, request.Pace, changes: false, call => PingOneAsync(call, count), cancellationToken);
    }

    public IAsyncEnumerable<VmEvent> GetInfoAsync(GetInfoRequest request, CancellationToken cancellationToken) =>
        RunAsync(
            request.Selection,
            request.Pace,
            changes: false,
            async call => new VmEvent { Info = AnswerCheck.Checked(await call.Agent.GetInfoAsync(new AgentApi.GetInfoRequest(), call.Options)) },
            cancellationToken);

    public IAsyncEnumerable<VmEvent> ObserveAsync(ObserveRequest request, CancellationToken cancellationToken)
    {
        foreach (var practice in request.Practices)
        {
            PracticeCatalog.Known(practice);
        }

        var ask = new AgentApi.ObserveRequest { Practices = { request.Practices } };
        return RunAsync(request.Selection, request.Pace, changes: false, call => ObserveOneAsync(call, ask), cancellationToken);
    }

    public IAsyncEnumerable<VmEvent> PlanAsync(PlanRequest request, CancellationToken cancellationToken)
    {
        PracticeCatalog.Check(request.Desired);
        var ask = new AgentApi.PlanRequest { Desired = request.Desired };
        return RunAsync(
            request.Selection,
            request.Pace,
            changes: false,
            async call => new VmEvent { Plan = AnswerCheck.Checked(await call.Agent.PlanAsync(ask, call.Options), ask) },
            cancellationToken);
    }

    public IAsyncEnumerable<VmEvent> ApplyAsync(ApplyRequest request, CancellationToken cancellationToken)
    {
        OperationId.Check("operation_id", request.OperationId);
        PracticeCatalog.Check(request.Desired);
        var ask = new AgentApi.ApplyRequest { OperationId = request.OperationId, Desired = request.Desired };
        if (request.Reboot is null)
        {
            return RunAsync(request.Selection, request.Pace, changes: true, ApplyOneAsync, cancellationToken);
        }

        var settings = RebootSettings.From(request.Reboot, $"apply {request.Desired.Practice}");
        return RunAsync(
            request.Selection,
            request.Pace,
            (vm, pacing, report, token) => _reboots.ApplyAsync(vm, ask.OperationId, ApplyOneAsync, settings, pacing, report, token),
            cancellationToken);

        async Task<VmEvent> ApplyOneAsync(VmCallContext call)
        {
            var (answer, forecast) = await _operations.ApplyAsync(call, ask);
            await _proofs.AddAsync(call.Vm, [answer.Observation], call.Options.CancellationToken);
            return new VmEvent { Apply = answer, Forecast = forecast };
        }
    }

    public IAsyncEnumerable<VmEvent> UndoAsync(UndoRequest request, CancellationToken cancellationToken)
    {
        OperationId.Check("operation_id", request.OperationId);
        if (request.TargetOperationId.Length > 0)
        {
            OperationId.Check("target_operation_id", request.TargetOperationId);
        }

        var ask = new AgentApi.UndoRequest
        {
            OperationId = request.OperationId,
            TargetOperationId = request.TargetOperationId,
            Force = request.Force,
        };
        if (request.Reboot is null)
        {
            return RunAsync(request.Selection, request.Pace, changes: true, UndoOneAsync, cancellationToken);
        }

        var settings = RebootSettings.From(request.Reboot, "undo");
        return RunAsync(
            request.Selection,
            request.Pace,
            (vm, pacing, report, token) => _reboots.UndoAsync(vm, ask.OperationId, UndoOneAsync, settings, pacing, report, token),
            cancellationToken);

        async Task<VmEvent> UndoOneAsync(VmCallContext call)
        {
            var (answer, forecast) = await _operations.UndoAsync(call, ask);
            await _proofs.AddAsync(call.Vm, [answer.Observation], call.Options.CancellationToken);
            return new VmEvent { Undo = answer, Forecast = forecast };
        }
    }

    public IAsyncEnumerable<VmEvent> HistoryAsync(HistoryRequest request, CancellationToken cancellationToken)
    {
        var ask = new AgentApi.HistoryRequest { Limit = Bounded("limit", request.Limit, whenZero: 50, LargestHistoryLimit) };
        return RunAsync(
            request.Selection,
            request.Pace,
            changes: false,
            async call => new VmEvent { History = AnswerCheck.Checked(await call.Agent.HistoryAsync(ask, call.Options), ask) },
            cancellationToken);
    }

    public IAsyncEnumerable<VmEvent> RebootAsync(RebootRequest request, CancellationToken cancellationToken)
    {
        OperationId.Check("operation_id", request.OperationId);
        var settings = RebootSettings.From(request.Options, request.Reason);
        return RunAsync(
            request.Selection,
            request.Pace,
            (vm, pacing, report, token) => _reboots.RestartAsync(vm, request.OperationId, call => ObserveOneAsync(call, new AgentApi.ObserveRequest()), settings, pacing, report, token),
            cancellationToken);
    }

    public IAsyncEnumerable<VmEvent> ReadPcrsAsync(ReadPcrsRequest request, CancellationToken cancellationToken)
    {
        var ask = PcrRequests.Checked(request);
        return RunAsync(
            request.Selection,
            request.Pace,
            changes: false,
            async call => new VmEvent { Pcrs = GuestAnswer.Checked(await call.MeasuredBoot.ReadPcrsAsync(ask, call.Options), ask) },
            cancellationToken);
    }

    public IAsyncEnumerable<VmEvent> CollectEvidenceAsync(CollectEvidenceRequest request, CancellationToken cancellationToken)
    {
        var wanted = PcrRequests.Checked(request);
        return RunAsync(request.Selection, request.Pace, changes: false, AttestOneAsync, cancellationToken);

        async Task<VmEvent> AttestOneAsync(VmCallContext call)
        {
            try
            {
                var (evidence, verdict) = await _attestor.AttestAsync(call, wanted);
                return new VmEvent { Evidence = EvidenceMessages.ToMessage(evidence, verdict) };
            }
            catch (IOException e)
            {
                return new VmEvent { Error = VmFailure.OfController(e.Message) };
            }
        }
    }

    public Task<ListBaselinesResponse> ListBaselinesAsync(ListBaselinesRequest request, CancellationToken cancellationToken) => _baselines.ListAsync(request, cancellationToken);

    public Task<RemoveBaselineResponse> RemoveBaselineAsync(RemoveBaselineRequest request, CancellationToken cancellationToken) => _baselines.RemoveAsync(request, cancellationToken);

    public IAsyncEnumerable<VmEvent> SaveBaselineAsync(SaveBaselineRequest request, CancellationToken cancellationToken) => _baselines.SaveAsync(request, cancellationToken);

    public IAsyncEnumerable<VmEvent> CheckBootAsync(CheckBootRequest request, CancellationToken cancellationToken) => _baselines.CheckAsync(request, cancellationToken);

    public IAsyncEnumerable<VmEvent> CollectBootAsync(CollectBootRequest request, CancellationToken cancellationToken) => _baselines.CollectAsync(request, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _links.DisposeAsync();
        await _libvirt.DisposeAsync();
        _baselines.Dispose();
    }

    private async IAsyncEnumerable<VmEvent> RunAsync(
        V1.Selection? selection,
        Pace? pace,
        bool changes,
        VmCall call,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pacing = Pacing.From(pace);
        var vms = VmSelector.Select(await _catalog.LoadAsync(cancellationToken), selection);
        await foreach (var one in _runner.RunAsync(vms, pacing, changes, call, cancellationToken))
        {
            yield return one;
        }
    }

    private async IAsyncEnumerable<VmEvent> RunAsync(
        V1.Selection? selection,
        Pace? pace,
        Func<VmEntry, Pacing, Func<VmEvent, ValueTask>, CancellationToken, Task<VmEvent>> job,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pacing = Pacing.From(pace);
        var vms = VmSelector.Select(await _catalog.LoadAsync(cancellationToken), selection);
        await foreach (var one in FleetRunner.RunAsync(vms, pacing.MaxParallel, (vm, report, token) => job(vm, pacing, report, token), cancellationToken))
        {
            yield return one;
        }
    }

    private async Task<VmEvent> ObserveOneAsync(VmCallContext call, AgentApi.ObserveRequest ask)
    {
        var answer = AnswerCheck.Checked(await call.Agent.ObserveAsync(ask, call.Options), ask);
        await _proofs.AddAsync(call.Vm, answer.Observations, call.Options.CancellationToken);
        return new VmEvent { Observe = answer };
    }

    private static async Task<VmEvent> PingOneAsync(VmCallContext call, uint count)
    {
        var ask = new AgentApi.PingRequest { Payload = PingPayload };
        var result = new PingResult { AttachNs = Nanoseconds(call.Attachment.Took) };
        for (var i = 0; i < count; i++)
        {
            var start = call.Time.GetTimestamp();
            var answer = await call.Agent.PingAsync(ask, call.Options);
            result.RoundTripNs.Add(Nanoseconds(call.Time.GetElapsedTime(start)));
            if (!answer.Payload.Equals(PingPayload))
            {
                throw new RpcException(new Status(StatusCode.DataLoss, $"the answer to ping {i + 1} is not what was sent"));
            }
        }

        return new VmEvent { Ping = result };
    }

    private static ulong Nanoseconds(TimeSpan time) => (ulong)(time.Ticks * TimeSpan.NanosecondsPerTick);

    private static uint Bounded(string field, uint value, uint whenZero, uint largest) =>
        value > largest
            ? throw new RpcException(new Status(StatusCode.InvalidArgument, $"{field} is {value}; at most {largest} is allowed"))
            : value == 0 ? whenZero : value;

    private static Vm ToMessage(VmEntry vm)
    {
        var message = new Vm { Name = vm.Name, Source = vm.Source, Channel = vm.Channel?.Name ?? "", Problem = vm.Problem ?? "" };
        foreach (var (key, value) in vm.Labels)
        {
            message.Labels.Add(key, value);
        }

        return message;
    }
}
