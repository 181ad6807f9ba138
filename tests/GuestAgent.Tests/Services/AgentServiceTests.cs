using Google.Protobuf;
using Grpc.Core;
using GuestTune.Agent.Policy;
using GuestTune.Agent.V1;
using GuestTune.Practice.V1;

namespace GuestTune.Agent.Tests.Services;

public sealed class AgentServiceTests : IAsyncLifetime
{
    private readonly GuestTree _tree = GuestTree.WithHaltpoll();
    private AgentHost _host = null!;

    private V1.Agent.AgentClient Client => _host.Client;

    public async ValueTask InitializeAsync() => _host = await AgentHost.StartAsync(_tree);

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _tree.Dispose();
    }

    [Fact]
    public async Task Ping_Payload_ComesBack()
    {
        var payload = ByteString.CopyFrom(new byte[65536]);

        Assert.Equal(payload, (await Client.PingAsync(new PingRequest { Payload = payload })).Payload);
    }

    [Fact]
    public async Task Ping_TooLarge_IsInvalid()
    {
        var e = await Assert.ThrowsAsync<RpcException>(async () => await Client.PingAsync(new PingRequest { Payload = ByteString.CopyFrom(new byte[65537]) }));

        Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
        Assert.Contains("65537", e.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetInfo_TellsWhatTheGuestIs()
    {
        var info = await Client.GetInfoAsync(new GetInfoRequest());

        Assert.Equal(("v1.1", GuestTree.Release, "x86_64", "11111111-1111-1111-1111-111111111111"), (info.ApiVersion, info.KernelRelease, info.Architecture, info.BootId));
        Assert.Equal(("debian", "12", "Debian GNU/Linux 12", "a\"b"), (info.OsRelease["ID"], info.OsRelease["VERSION_ID"], info.OsRelease["PRETTY_NAME"], info.OsRelease["X"]));
        Assert.Equal("0.1.0", info.AgentVersion);
        Assert.NotEmpty(info.InstanceId);
        Assert.True(Assert.Single(info.Practices, p => p.Practice == "guest-idle-haltpoll").Supported);
        Assert.Equal((false, "qemu-ga is not installed (package qemu-guest-agent)"), info.Practices.Where(p => p.Practice == "qemu-ga-blocklist").Select(p => (p.Supported, p.Reason)).Single());
        Assert.Empty(info.Policy.RefusedRpcs);
        Assert.Empty(info.Policy.Problem);
    }

    [Fact]
    public async Task Apply_AllFive_AreInTheKernelAndCanBeUndone()
    {
        var before = _tree.Snapshot();
        var answer = await Client.ApplyAsync(Requests.Apply(
            "op-1",
            ("guest_halt_poll_ns", "400000"), ("guest_halt_poll_shrink", "3"), ("guest_halt_poll_grow", "4"), ("guest_halt_poll_grow_start", "60000"), ("guest_halt_poll_allow_shrink", "false")));

        Assert.Equal(OperationState.Done, answer.Operation.State);
        Assert.All(answer.Operation.Outcomes, o => Assert.Equal((ChangeState.Verified, o.Change.After), (o.State, o.ReadBack)));
        Assert.Equal(["400000", "3", "4", "60000", "N"], new[] { "ns", "shrink", "grow", "grow_start", "allow_shrink" }.Select(n => _tree.Parameter("guest_halt_poll_" + n)));
        Assert.Equal("400000", answer.Observation.Facts.First(f => f.Name is "guest_halt_poll_ns").Value);

        var again = await Client.ApplyAsync(Requests.Apply("op-2", ("guest_halt_poll_allow_shrink", "0")));
        Assert.Equal(OperationState.Unchanged, again.Operation.State);

        var undo = await Client.UndoAsync(new UndoRequest { OperationId = "undo-1" });
        Assert.Equal("op-1", undo.Operation.RelatedOperationId);
        Assert.Equal(before, _tree.Snapshot());
        var history = await Client.HistoryAsync(new HistoryRequest());
        Assert.Equal(["undo-1", "op-2", "op-1"], history.Operations.Select(o => o.OperationId));
        Assert.Equal(2, (await Client.HistoryAsync(new HistoryRequest { Limit = 2 })).Operations.Count);
    }

    [Fact]
    public async Task Plan_SaysWhatApplyWouldDoAndChangesNothing()
    {
        var before = _tree.Snapshot();

        var plan = (await Client.PlanAsync(new PlanRequest { Desired = Requests.Haltpoll(true, ("guest_halt_poll_ns", "0x61A80")) })).Plan;

        Assert.Equal([TakesEffect.Now, TakesEffect.AfterGuestReboot], plan.Changes.Select(c => c.TakesEffect));
        Assert.Equal(("200000", "400000"), (plan.Changes[0].Before, plan.Changes[0].After));
        Assert.False(plan.Changes[1].HasBefore);
        Assert.Contains(plan.Warnings, w => w.Contains("current_driver is none", StringComparison.Ordinal));
        Assert.Equal(before, _tree.Snapshot());
    }

    [Fact]
    public async Task Observe_Named_CarriesEvidence()
    {
        var response = await Client.ObserveAsync(new ObserveRequest { Practices = { "guest-idle-haltpoll" } });

        var observation = Assert.Single(response.Observations);
        var governor = observation.Facts.First(f => f.Name is "current_governor");
        Assert.Equal(("menu", Scope.Context, GuestTree.Cpuidle + "current_governor"), (governor.Value, governor.Scope, governor.Source));
        Assert.All(observation.Facts, f => Assert.True(f.HasValue || f.Problem.Length > 0, f.Name));
    }

    [Theory]
    [InlineData("nope", StatusCode.NotFound)]
    [InlineData("guest-idle-haltpoll guest-idle-haltpoll", StatusCode.InvalidArgument)]
    public async Task Observe_BadNames_HaveTheirStatus(string names, StatusCode expected)
    {
        var request = new ObserveRequest { Practices = { names.Split(' ') } };

        Assert.Equal(expected, (await Assert.ThrowsAsync<RpcException>(async () => await Client.ObserveAsync(request))).StatusCode);
    }

    [Fact]
    public async Task Health_OfTheAgent_IsServing()
        => Assert.Equal(Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.Serving, (await _host.Health.CheckAsync(new() { Service = "guesttune.agent.v1.Agent" })).Status);

    [Fact]
    public async Task Apply_TwoHostsWithOneId_IsDoneOnce()
    {
        var calls = Enumerable.Range(0, 8).Select(_ => Client.ApplyAsync(Requests.Apply("op-1", ("guest_halt_poll_ns", "400000"))).ResponseAsync);

        var answers = await Task.WhenAll(calls);

        Assert.Single(answers, a => !a.RepeatedAnswer);
        Assert.All(answers, a => Assert.Equal(OperationState.Done, a.Operation.State));
        Assert.Single((await Client.HistoryAsync(new HistoryRequest())).Operations);
    }

    [Fact]
    public async Task Apply_Repeated_ChangesNothing()
    {
        await Client.ApplyAsync(Requests.Apply("op-1", ("guest_halt_poll_ns", "400000")));
        _tree.Write(GuestTree.Parameters + "guest_halt_poll_ns", "7\n");

        var repeated = await Client.ApplyAsync(Requests.Apply("op-1", ("guest_halt_poll_ns", "400000")));
        var other = await Assert.ThrowsAsync<RpcException>(async () => await Client.ApplyAsync(Requests.Apply("op-1", ("guest_halt_poll_ns", "1"))));

        Assert.True(repeated.RepeatedAnswer);
        Assert.Equal(Verdict.Drifted, repeated.Observation.Verdict);
        Assert.Equal("7", _tree.Parameter("guest_halt_poll_ns"));
        Assert.Equal(StatusCode.AlreadyExists, other.StatusCode);
    }

    [Fact]
    public async Task Apply_ManyMistakes_AreAllNamed()
    {
        var e = await Assert.ThrowsAsync<RpcException>(async () => await Client.ApplyAsync(Requests.Apply(
            "op-1", ("guest_halt_poll_ns", "4294967296"), ("guest_halt_poll_allow_shrink", "maybe"), ("halt_poll_ns", "1"))));

        Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
        Assert.Contains("guest_halt_poll_ns = '4294967296': it is out of range; allowed is a whole number from 0 to 4294967295", e.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("guest_halt_poll_allow_shrink = 'maybe'", e.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("no setting 'halt_poll_ns'; known: guest_halt_poll_ns, guest_halt_poll_shrink", e.Status.Detail, StringComparison.Ordinal);
        Assert.Empty((await Client.HistoryAsync(new HistoryRequest())).Operations);
    }

    [Theory]
    [InlineData("", "guest-idle-haltpoll", StatusCode.InvalidArgument)]
    [InlineData("a/b", "guest-idle-haltpoll", StatusCode.InvalidArgument)]
    [InlineData("op", "", StatusCode.InvalidArgument)]
    [InlineData("op", "nope", StatusCode.NotFound)]
    public async Task Apply_BadNames_HaveTheirStatus(string id, string practice, StatusCode expected)
    {
        var request = new ApplyRequest { OperationId = id, Desired = new Desired { Practice = practice, Settings = { ["guest_halt_poll_ns"] = "1" } } };

        Assert.Equal(expected, (await Assert.ThrowsAsync<RpcException>(async () => await Client.ApplyAsync(request))).StatusCode);
    }

    [Fact]
    public async Task Apply_NoDesired_IsInvalid()
        => Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(async () => await Client.ApplyAsync(new ApplyRequest { OperationId = "x" }))).StatusCode);

    [Fact]
    public async Task Undo_Drifted_IsRefusedWithNamesAndValues()
    {
        await Client.ApplyAsync(Requests.Apply("op-1", ("guest_halt_poll_ns", "400000")));
        _tree.Write(GuestTree.Parameters + "guest_halt_poll_ns", "7\n");

        var e = await Assert.ThrowsAsync<RpcException>(async () => await Client.UndoAsync(new UndoRequest { OperationId = "undo-1" }));
        var forced = await Client.UndoAsync(new UndoRequest { OperationId = "undo-2", Force = true });

        Assert.Equal(StatusCode.FailedPrecondition, e.StatusCode);
        Assert.Contains("guest_halt_poll_ns was set to '400000' and is '7' now", e.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(OperationState.Done, forced.Operation.State);
        Assert.Equal("200000", _tree.Parameter("guest_halt_poll_ns"));
    }

    [Theory]
    [InlineData(0u, 0u, 0)]
    [InlineData(1u, 0u, 1)]
    [InlineData(200_000u, 0u, 4)]
    [InlineData(131_072u, 65_536u, 2)]
    [InlineData(3_000_000u, 1_048_576u, 3)]
    public async Task MeasureThroughput_SendsExactlySoMuch(uint size, uint messageSize, int messages)
    {
        using var call = Client.MeasureThroughput(new MeasureThroughputRequest { SizeBytes = size, MessageSizeBytes = messageSize });
        var (total, count) = (0L, 0);
        await foreach (var message in call.ResponseStream.ReadAllAsync())
        {
            total += message.Data.Length;
            count++;
            Assert.True(message.Data.Span.IndexOfAnyExcept((byte)0) < 0);
        }

        Assert.Equal((size, messages), (total, count));
    }

    [Theory]
    [InlineData(1073741825ul, 0u)]
    [InlineData(1ul, 1048577u)]
    public async Task MeasureThroughput_TooMuch_IsInvalid(ulong size, uint messageSize)
    {
        using var call = Client.MeasureThroughput(new MeasureThroughputRequest { SizeBytes = size, MessageSizeBytes = messageSize });

        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default))).StatusCode);
    }

    [Fact]
    public async Task Apply_RequestLargerThanAnyNeeded_IsRefused()
    {
        var request = Requests.Apply("op-1", ("guest_halt_poll_ns", new string('1', 300_000)));

        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(async () => await Client.ApplyAsync(request))).StatusCode);
    }

    [Fact]
    public void Policy_KnowsEveryRpcOfEveryService()
    {
        var methods = AgentReflection.Descriptor.Services.Concat(MeasuredBootReflection.Descriptor.Services).SelectMany(s => s.Methods).ToArray();

        Assert.Equal(methods.Select(m => m.Name), AgentRpc.All);
        Assert.All(methods, m => Assert.Equal(m.Name, AgentRpc.FromPath($"/{m.Service.FullName}/{m.Name}")));
        Assert.All(methods, m => Assert.Null(AgentRpc.FromPath($"/{m.Service.FullName.ToUpperInvariant()}/{m.Name}")));
        Assert.Null(AgentRpc.FromPath("/guesttune.agent.v1.Agent/Quote"));
    }

    [Theory]
    [InlineData(typeof(Verdict), typeof(Practices.Verdict))]
    [InlineData(typeof(Scope), typeof(Practices.Scope))]
    [InlineData(typeof(TakesEffect), typeof(Practices.TakesEffect))]
    [InlineData(typeof(ChangeState), typeof(Practices.ChangeState))]
    [InlineData(typeof(OperationState), typeof(Practices.OperationState))]
    [InlineData(typeof(OperationKind), typeof(Practices.OperationKind))]
    public void Enums_OfMessagesAndPractices_CountAlike(Type message, Type practice)
        => Assert.Equal(
            Enum.GetValues(message).Cast<object>().Select(v => $"{(int)v} {v}"),
            Enum.GetValues(practice).Cast<object>().Select(v => $"{(int)v} {v}"));
}
