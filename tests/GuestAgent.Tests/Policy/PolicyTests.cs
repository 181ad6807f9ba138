using Google.Protobuf;
using Grpc.Core;
using GuestTune.Agent.Policy;
using GuestTune.Agent.V1;

namespace GuestTune.Agent.Tests.Policy;

public sealed class PolicyTests : IDisposable
{
    private const string ConfigPath = "/etc/guesttune/agent.conf";

    private readonly GuestTree _tree = GuestTree.WithHaltpoll();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void Parse_Empty_AllowsAll()
    {
        var policy = PolicyParser.Parse(ConfigPath, "# nothing\n\n", ["guest-idle-haltpoll"]);

        Assert.Null(policy.Problem);
        Assert.All(AgentRpc.All, rpc => Assert.Null(policy.WhyRefused(rpc)));
        Assert.Null(policy.WhyPracticeRefused("guest-idle-haltpoll"));
        Assert.Null(policy.WhyPersistRefused());
    }

    [Theory]
    [InlineData("deny-rpcs = Undo", "Undo")]
    [InlineData("deny-rpcs = Undo, Apply", "Apply,Undo")]
    [InlineData("allow-rpcs = *\ndeny-rpcs=Undo", "Undo")]
    [InlineData("allow-rpcs = Ping GetInfo Observe Plan History MeasureThroughput", "Apply,Undo,Reboot,EndBootTrial,ReadPcrs,GetKeys,ActivateCredential,Quote,ReadEventLog,ReadBootFiles")]
    [InlineData("allow-rpcs = Undo\ndeny-rpcs = Undo", "Ping,GetInfo,Observe,Plan,Apply,Undo,History,Reboot,EndBootTrial,MeasureThroughput,ReadPcrs,GetKeys,ActivateCredential,Quote,ReadEventLog,ReadBootFiles")]
    [InlineData("allow-rpcs =", "Ping,GetInfo,Observe,Plan,Apply,Undo,History,Reboot,EndBootTrial,MeasureThroughput,ReadPcrs,GetKeys,ActivateCredential,Quote,ReadEventLog,ReadBootFiles")]
    [InlineData("deny-rpcs = *", "Ping,GetInfo,Observe,Plan,Apply,Undo,History,Reboot,EndBootTrial,MeasureThroughput,ReadPcrs,GetKeys,ActivateCredential,Quote,ReadEventLog,ReadBootFiles")]
    [InlineData("deny-rpcs =", "")]
    public void Parse_Lists_RefuseWhatTheySay(string text, string refused)
    {
        var policy = PolicyParser.Parse(ConfigPath, text, ["guest-idle-haltpoll"]);

        Assert.Null(policy.Problem);
        Assert.Equal(refused, string.Join(',', AgentRpc.All.Where(rpc => policy.WhyRefused(rpc) is not null)));
    }

    [Fact]
    public void Parse_ManyMistakes_AreAllNamedAndNothingMayChange()
    {
        var policy = PolicyParser.Parse(ConfigPath, "allow-rpc = *\nrubbish\ndeny-rpcs = undo\npersist = perhaps\npersist = no\nallow-practices = haltpol", ["guest-idle-haltpoll"]);

        Assert.Equal(6, policy.Mistakes.Count);
        Assert.Contains("line 1: unknown key 'allow-rpc'; known: allow-rpcs", policy.Problem, StringComparison.Ordinal);
        Assert.Contains("line 3: deny-rpcs names no RPC of this agent: 'undo'", policy.Problem, StringComparison.Ordinal);
        Assert.NotNull(policy.WhyRefused("Apply"));
        Assert.NotNull(policy.WhyRefused("Undo"));
        Assert.Null(policy.WhyRefused("Observe"));
    }

    [Fact]
    public async Task Calls_RefusedRpc_IsDeniedAndGetInfoSaysSo()
    {
        _tree.Write(ConfigPath, "deny-rpcs = Undo\npersist = no\n");
        await using var host = await AgentHost.StartAsync(_tree);

        var denied = await Assert.ThrowsAsync<RpcException>(async () => await host.Client.UndoAsync(new UndoRequest { OperationId = "x" }));
        var persist = await Assert.ThrowsAsync<RpcException>(async () => await host.Client.ApplyAsync(Requests.ApplyPersistent("op-1", ("guest_halt_poll_ns", "1"))));
        var info = await host.Client.GetInfoAsync(new GetInfoRequest());

        Assert.Equal(StatusCode.PermissionDenied, denied.StatusCode);
        Assert.Contains(ConfigPath, denied.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(StatusCode.PermissionDenied, persist.StatusCode);
        Assert.Equal(["Undo"], info.Policy.RefusedRpcs);
        Assert.True(info.Policy.PersistRefused);
        Assert.Equal("200000", _tree.Parameter("guest_halt_poll_ns"));
        await host.Client.ApplyAsync(Requests.Apply("op-2", ("guest_halt_poll_ns", "1")));
    }

    /// <summary>Routes take any case and a slash at the end, so the policy must not be led by how a caller spells a name.</summary>
    [Theory]
    [InlineData("deny-rpcs = Apply", "guesttune.agent.v1.Agent", "apply")]
    [InlineData("deny-rpcs = Apply", "guesttune.agent.v1.Agent", "Apply/")]
    [InlineData("deny-rpcs = Apply", "GuestTune.Agent.V1.Agent", "Apply")]
    [InlineData("deny-rpcs = Apply", "guesttune.agent.v1.Agent", "%41pply")]
    [InlineData("rubbish", "guesttune.agent.v1.Agent", "apply")]
    [InlineData("rubbish", "guesttune.agent.v1.Agent", "Apply/")]
    public async Task Calls_RefusedRpcInAnotherSpelling_IsNotRun(string text, string service, string name)
    {
        _tree.Write(ConfigPath, text);
        await using var host = await AgentHost.StartAsync(_tree);
        var method = new Method<ApplyRequest, ApplyResponse>(MethodType.Unary, service, name, Marshaller<ApplyRequest>(), Marshaller<ApplyResponse>());
        using var call = host.Calls.AsyncUnaryCall(method, host: null, new CallOptions(), Requests.Apply("op-1", ("guest_halt_poll_ns", "1")));

        var e = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);

        Assert.True(e.StatusCode is StatusCode.PermissionDenied or StatusCode.Unimplemented, e.Message);
        Assert.Equal("200000", _tree.Parameter("guest_halt_poll_ns"));

        static Marshaller<T> Marshaller<T>()
            where T : IMessage<T>, new() => Marshallers.Create(static message => message.ToByteArray(), new MessageParser<T>(static () => new T()).ParseFrom);
    }

    [Fact]
    public async Task Calls_RefusedStream_IsDenied()
    {
        _tree.Write(ConfigPath, "deny-rpcs = MeasureThroughput");
        await using var host = await AgentHost.StartAsync(_tree);
        using var call = host.Client.MeasureThroughput(new MeasureThroughputRequest { SizeBytes = 1 });

        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default))).StatusCode);
    }

    [Fact]
    public async Task Calls_RefusedPractice_IsDeniedOnEveryWayToIt()
    {
        await using (var open = await AgentHost.StartAsync(_tree))
        {
            await open.Client.ApplyAsync(Requests.Apply("op-1", ("guest_halt_poll_ns", "1")));
        }

        _tree.Write(ConfigPath, "deny-practices = guest-idle-haltpoll");
        await using var host = await AgentHost.StartAsync(_tree);
        async Task Denied(Func<Task> call) => Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(call)).StatusCode);

        await Denied(async () => await host.Client.ObserveAsync(new ObserveRequest { Practices = { "guest-idle-haltpoll" } }));
        await Denied(async () => await host.Client.PlanAsync(new PlanRequest { Desired = Requests.Haltpoll(false, ("guest_halt_poll_ns", "2")) }));
        await Denied(async () => await host.Client.ApplyAsync(Requests.Apply("op-2", ("guest_halt_poll_ns", "2"))));
        await Denied(async () => await host.Client.UndoAsync(new UndoRequest { OperationId = "undo-1" }));
        Assert.DoesNotContain((await host.Client.ObserveAsync(new ObserveRequest())).Observations, o => o.Practice == "guest-idle-haltpoll");
        var practice = Assert.Single((await host.Client.GetInfoAsync(new GetInfoRequest())).Practices, p => p.Practice == "guest-idle-haltpoll");
        Assert.False(practice.Supported);
        Assert.Contains(ConfigPath, practice.Reason, StringComparison.Ordinal);
        Assert.Equal("1", _tree.Parameter("guest_halt_poll_ns"));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupWrite, false)]
    [InlineData(UnixFileMode.OtherWrite, false)]
    [InlineData(UnixFileMode.OtherWrite, true)]
    public async Task Calls_ConfigOthersCanWrite_NothingMayChange(UnixFileMode mode, bool directory)
    {
        _tree.Write(ConfigPath, "# fine\n");
        var path = _tree.File(directory ? "/etc/guesttune" : ConfigPath);
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | mode);
        await using var host = await AgentHost.StartAsync(_tree);

        var e = await Assert.ThrowsAsync<RpcException>(async () => await host.Client.ApplyAsync(Requests.Apply("op-1", ("guest_halt_poll_ns", "1"))));

        Assert.Equal(StatusCode.PermissionDenied, e.StatusCode);
        Assert.Contains("can be written by others", e.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("can be written by others", (await host.Client.GetInfoAsync(new GetInfoRequest())).Policy.Problem, StringComparison.Ordinal);
        Assert.Contains(host.Log.Lines, l => l.Event is "PolicyBroken");
    }

    /// <summary>Whoever may write the directory may also have taken the file away, or put a link to some harmless file in its place.</summary>
    [Theory]
    [InlineData(null, UnixFileMode.OtherWrite, "can be written by others")]
    [InlineData("/etc/empty", UnixFileMode.OtherWrite, "can be written by others")]
    [InlineData("/not/mounted/agent.conf", UnixFileMode.None, "is a link to nothing")]
    public async Task Calls_ConfigMayHaveBeenTakenAway_NothingMayChange(string? link, UnixFileMode mode, string problem)
    {
        _tree.Write("/etc/empty", "");
        var directory = Directory.CreateDirectory(_tree.File("/etc/guesttune")).FullName;
        if (link is not null)
        {
            File.CreateSymbolicLink(_tree.File(ConfigPath), link);
        }

        File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | mode);
        await using var host = await AgentHost.StartAsync(_tree);

        var e = await Assert.ThrowsAsync<RpcException>(async () => await host.Client.ApplyAsync(Requests.Apply("op-1", ("guest_halt_poll_ns", "1"))));

        Assert.Equal(StatusCode.PermissionDenied, e.StatusCode);
        Assert.Contains(problem, e.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_ConfigEditedWhileRunning_CountsWithinASecond()
    {
        var time = new ManualTime();
        await using var host = await AgentHost.StartAsync(_tree, time);
        await host.Client.ApplyAsync(Requests.Apply("op-1", ("guest_halt_poll_ns", "1")));
        _tree.Write(ConfigPath, "deny-rpcs = Apply");
        time.Advance(TimeSpan.FromSeconds(1));

        var e = await Assert.ThrowsAsync<RpcException>(async () => await host.Client.ApplyAsync(Requests.Apply("op-2", ("guest_halt_poll_ns", "2"))));
        File.Delete(_tree.File(ConfigPath));
        time.Advance(TimeSpan.FromSeconds(1));
        await host.Client.ApplyAsync(Requests.Apply("op-3", ("guest_halt_poll_ns", "3")));

        Assert.Equal(StatusCode.PermissionDenied, e.StatusCode);
    }
}
