using Grpc.Core;
using GuestTune.Controller.Channel;
using GuestTune.Controller.Fleet;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.V1;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.Practice.V1;
using GuestTune.VirtioSerial;

namespace GuestTune.HostController.Tests.Fleet;

public sealed class FleetControllerTests
{
    private static readonly Pace Quick = new() { TimeoutMs = 400 };

    /// <summary>Of what is to succeed, however busy the machine is.</summary>
    private static readonly Pace Patient = new() { TimeoutMs = 600_000 };

    [Fact]
    public async Task Ping_RealSessionLayer_GivesTimes()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        await using var controller = fleet.CreateController();

        var events = await All(controller.PingAsync(new PingRequest { Pace = Patient, Selection = new() { Names = { "vm1" } }, Count = 3 }, default));

        Assert.Equal([VmEvent.EventOneofCase.Selected, VmEvent.EventOneofCase.Started, VmEvent.EventOneofCase.Ping], events.Select(e => e.EventCase));
        Assert.Equal(["vm1"], events[0].Selected.Vms);
        var ping = events[2].Ping;
        Assert.Equal(3, ping.RoundTripNs.Count);
        Assert.True(ping.AttachNs > 0);
        Assert.All(ping.RoundTripNs, t => Assert.True(t > 0));
    }

    [Fact]
    public async Task Apply_TwoVms_ChangesBothAndObserves()
    {
        await using var fleet = await TestFleet.StartAsync("vm1", "vm2");
        await using var controller = fleet.CreateController();

        var events = await All(controller.ApplyAsync(Apply("op1", "400000"), default));

        var applied = events.Where(e => e.EventCase == VmEvent.EventOneofCase.Apply).ToArray();
        Assert.Equal(["vm1", "vm2"], applied.Select(e => e.Vm).Order(StringComparer.Ordinal));
        Assert.All(applied, e => Assert.Equal("400000", e.Apply.Operation.Outcomes.Single().ReadBack));
        Assert.All(fleet.Vms, vm => Assert.Equal("400000", vm.Agent.Values["guest_halt_poll_ns"]));
    }

    [Fact]
    public async Task Apply_SessionBreaksAfterTheChange_IsRepeatedWithTheSameIdAndDoneOnce()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var vm = fleet.Vms[0];
        var breaks = 2;
        vm.Agent.After = async (_, context) =>
        {
            if (breaks-- > 0)
            {
                vm.Port.DropClient();
                await Task.Delay(Timeout.Infinite, context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        };
        await using var controller = fleet.CreateController();

        var result = Result(await All(controller.ApplyAsync(Apply("op1", "400000"), default)));

        Assert.Equal(VmEvent.EventOneofCase.Apply, result.EventCase);
        Assert.True(result.Apply.RepeatedAnswer);
        Assert.Equal(1, vm.Agent.ChangeCount);
        Assert.Equal(["Apply", "Apply", "Apply"], vm.Agent.Calls);
    }

    [Fact]
    public async Task Apply_SessionAlwaysBreaks_FailsWithinItsTimeAndSaysThatTheOutcomeIsUnknown()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var vm = fleet.Vms[0];
        vm.Agent.Before = async (_, context) =>
        {
            vm.Port.DropClient();
            await Task.Delay(Timeout.Infinite, context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        };
        await using var controller = fleet.CreateController(time: new CallClock());
        var request = Apply("op1", "400000");
        request.Pace = Quick;

        var error = Result(await All(controller.ApplyAsync(request, default))).Error;

        Assert.Equal(StatusCode.Unavailable, (StatusCode)error.Code);
        Assert.True(error.Reached);
        Assert.Contains(vm.SocketPath, error.Message);
        Assert.Contains("ask again with the same operation id", error.Message);
        Assert.True(vm.Agent.Calls.Count > 1);
    }

    [Fact]
    public async Task Observe_AgentRefuses_IsNotRepeatedAndGivesItsReason()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        fleet.Vms[0].Agent.Before = (_, _) => throw new RpcException(new Status(StatusCode.PermissionDenied, "deny haltpoll"));
        await using var controller = fleet.CreateController();

        var error = Result(await All(controller.ObserveAsync(new ObserveRequest { Pace = Patient, Selection = new() { All = true }, Practices = { "guest-idle-haltpoll" } }, default))).Error;

        Assert.Equal(StatusCode.PermissionDenied, (StatusCode)error.Code);
        Assert.True(error.Reached);
        Assert.Equal("the guest's /etc/guesttune/agent.conf does not allow it: deny haltpoll", error.Message);
        Assert.Single(fleet.Vms[0].Agent.Calls);
    }

    [Fact]
    public async Task Observe_HostileErrorMessage_IsEscapedAndBounded()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        fleet.Vms[0].Agent.Before = (_, _) => throw new RpcException(new Status(StatusCode.FailedPrecondition, "\u001b[2J\u202eevil\n" + new string('x', 5000)));
        await using var controller = fleet.CreateController();

        var error = Result(await All(controller.ObserveAsync(new ObserveRequest { Pace = Patient, Selection = new() { All = true } }, default))).Error;

        Assert.StartsWith(@"\x1b[2J\u{202e}evil\nxxx", error.Message);
        Assert.True(error.Message.Length < 2100);
    }

    [Fact]
    public async Task Info_AnswerTooLarge_IsRefused()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        fleet.Vms[0].Agent.Info = () => new() { AgentVersion = new string('x', 2 * 1024 * 1024) };
        await using var controller = fleet.CreateController();

        var error = Result(await All(controller.GetInfoAsync(new GetInfoRequest { Pace = Patient, Selection = new() { All = true } }, default))).Error;

        Assert.Equal(StatusCode.ResourceExhausted, (StatusCode)error.Code);
        Assert.Contains("at most 1048576 bytes", error.Message);
    }

    [Theory]
    [InlineData("observe", "empty", "says nothing about guest-idle-haltpoll")]
    [InlineData("plan", "empty", "is no plan for guest-idle-haltpoll")]
    [InlineData("apply", "empty", "is not about operation op1")]
    [InlineData("apply", "other id", "is not about operation op1")]
    [InlineData("apply", "begun", "does not say how operation op1 ended")]
    [InlineData("undo", "empty", "is not about operation op1")]
    public async Task Call_AnswerIsNotToTheQuestion_IsNoSuccess(string call, string lie, string expected)
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        await using var controller = fleet.CreateController();
        await All(controller.ApplyAsync(Apply("op0", "1"), default));
        fleet.Vms[0].Agent.Forge = answer => (answer, lie) switch
        {
            (_, "empty") => Activator.CreateInstance(answer.GetType())!,
            (Agent.V1.ApplyResponse apply, "other id") => new Agent.V1.ApplyResponse { Operation = new Operation(apply.Operation) { OperationId = "op0" } },
            (Agent.V1.ApplyResponse apply, "begun") => new Agent.V1.ApplyResponse { Operation = new Operation(apply.Operation) { State = OperationState.Begun } },
            _ => answer,
        };
        var selection = new Controller.V1.Selection { All = true };
        var apply = Apply("op1", "400000");

        var error = Result(await All(call switch
        {
            "observe" => controller.ObserveAsync(new ObserveRequest { Pace = Patient, Selection = selection, Practices = { "guest-idle-haltpoll" } }, default),
            "plan" => controller.PlanAsync(new PlanRequest { Pace = Patient, Selection = selection, Desired = apply.Desired }, default),
            "undo" => controller.UndoAsync(new UndoRequest { Pace = Patient, Selection = selection, OperationId = "op1" }, default),
            _ => controller.ApplyAsync(apply, default),
        })).Error;

        Assert.Equal(StatusCode.DataLoss, (StatusCode)error.Code);
        Assert.Contains(expected, error.Message);
    }

    [Theory]
    [InlineData("info", "300000 practices; at most 1000 are taken")]
    [InlineData("observe", "facts; at most 1000 are taken")]
    [InlineData("plan", "300000 warnings; at most 1000 are taken")]
    [InlineData("history", "300000 operations; at most 50 are taken")]
    [InlineData("apply", "300000 outcomes; at most 1000 are taken")]
    public async Task Call_AnswerHasMoreItemsThanAnybodyReads_IsRefused(string call, string expected)
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        fleet.Vms[0].Agent.Forge = answer =>
        {
            switch (answer)
            {
                case Agent.V1.GetInfoResponse info:
                    info.Practices.AddRange(Many<Agent.V1.PracticeSupport>(300_000 - info.Practices.Count));
                    break;
                case Agent.V1.ObserveResponse observe:
                    observe.Observations[0].Facts.AddRange(Many<Fact>(300_000));
                    break;
                case Agent.V1.PlanResponse plan:
                    plan.Plan.Warnings.AddRange(Enumerable.Repeat("", 300_000));
                    break;
                case Agent.V1.HistoryResponse history:
                    history.Operations.AddRange(Many<Operation>(300_000));
                    break;
                case Agent.V1.ApplyResponse apply:
                    apply.Operation.Outcomes.AddRange(Many<ChangeOutcome>(299_999));
                    break;
            }

            return answer;
        };
        await using var controller = fleet.CreateController();
        var selection = new Controller.V1.Selection { All = true };
        var apply = Apply("op1", "400000");

        var error = Result(await All(call switch
        {
            "info" => controller.GetInfoAsync(new GetInfoRequest { Pace = Patient, Selection = selection }, default),
            "observe" => controller.ObserveAsync(new ObserveRequest { Pace = Patient, Selection = selection, Practices = { "guest-idle-haltpoll" } }, default),
            "plan" => controller.PlanAsync(new PlanRequest { Pace = Patient, Selection = selection, Desired = apply.Desired }, default),
            "history" => controller.HistoryAsync(new HistoryRequest { Pace = Patient, Selection = selection }, default),
            _ => controller.ApplyAsync(apply, default),
        })).Error;

        Assert.Equal(StatusCode.DataLoss, (StatusCode)error.Code);
        Assert.Contains(expected, error.Message);

        static IEnumerable<T> Many<T>(int count)
            where T : new() =>
            Enumerable.Range(0, count).Select(_ => new T());
    }

    [Fact]
    public async Task GetInfo_BootIdLongerThanAnyIs_IsRefused()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        fleet.Vms[0].Agent.Forge = answer =>
        {
            ((Agent.V1.GetInfoResponse)answer).BootId = new string('b', 65);
            return answer;
        };
        await using var controller = fleet.CreateController();

        var error = Result(await All(controller.GetInfoAsync(new GetInfoRequest { Pace = Patient, Selection = new() { All = true } }, default))).Error;

        Assert.Contains("boot id of 65 characters; at most 64 are taken", error.Message);
    }

    [Fact]
    public async Task Ping_NoSocket_SaysSoAtOnce()
    {
        await using var fleet = await TestFleet.StartAsync();
        fleet.Further.Add(new VmEntry("gone", "inventory", new SocketChannel(fleet.PathOf("gone.sock")), TestFleet.NoLabels));
        await using var controller = fleet.CreateController();

        var error = Result(await All(controller.PingAsync(new PingRequest { Pace = Patient, Selection = new() { All = true } }, default))).Error;

        Assert.False(error.Reached);
        Assert.Equal(StatusCode.Unavailable, (StatusCode)error.Code);
        Assert.Contains(fleet.PathOf("gone.sock"), error.Message);
    }

    [Fact]
    public async Task Call_AnotherProgramHasThePort_TimesOutSayingSo()
    {
        var options = new AgentLinkOptions { IdleTime = TimeSpan.Zero };
        var clock = new CallClock();
        await using var links = new LinkPool(options, (_, _) => throw new AttachException(AttachFailure.Held, "another program has it"), clock);
        var vm = new VmEntry("vm1", "qemu:///system", new LibvirtChannel("qemu:///system", "vm1"), TestFleet.NoLabels);

        var error = Result(await All(new FleetRunner(links, options, clock).RunAsync([vm], Pacing.From(Quick), changes: false, _ => Task.FromResult(new VmEvent()), default))).Error;

        Assert.Equal("no agent answered on org.guesttune.agent.0 through qemu:///system within 400 ms: another program has it", error.Message);
    }

    [Fact]
    public async Task Ping_NobodyAnswersOnTheSocket_TimesOutNamingTheSocket()
    {
        await using var fleet = await TestFleet.StartAsync();
        var path = fleet.PathOf("mute.sock");
        await using var mute = new QemuPort(path);
        fleet.Further.Add(new VmEntry("mute", "inventory", new SocketChannel(path), TestFleet.NoLabels));
        await using var controller = fleet.CreateController();

        var error = Result(await All(controller.PingAsync(new PingRequest { Selection = new() { All = true }, Pace = Quick }, default))).Error;

        Assert.Equal(StatusCode.DeadlineExceeded, (StatusCode)error.Code);
        Assert.False(error.Reached);
        Assert.StartsWith($"no agent answered on {path} within 400 ms", error.Message);
    }

    [Fact]
    public async Task Apply_AgentNeverAnswersTheCall_TimesOutAndNamesTheOperation()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var clock = new CallClock();
        fleet.Vms[0].Agent.After = (_, context) =>
        {
            clock.Expire();
            return Task.Delay(Timeout.Infinite, context.CancellationToken);
        };
        await using var controller = fleet.CreateController(time: clock);
        var request = Apply("op1", "400000");
        request.Pace = Quick;

        var error = Result(await All(controller.ApplyAsync(request, default))).Error;

        Assert.Equal(StatusCode.DeadlineExceeded, (StatusCode)error.Code);
        Assert.True(error.Reached);
        Assert.Contains("gave no answer within 400 ms", error.Message);
        Assert.Contains("same operation id", error.Message);
    }

    [Fact]
    public async Task Ping_VmWithoutChannel_FailsWithItsProblem()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        fleet.Further.Add(new VmEntry("bare", "qemu:///system", null, TestFleet.NoLabels, "the domain has no channel"));
        await using var controller = fleet.CreateController();

        var events = await All(controller.PingAsync(new PingRequest { Pace = Patient, Selection = new() { All = true } }, default));

        Assert.Equal("the domain has no channel", events.Single(e => e.Vm == "bare" && e.EventCase == VmEvent.EventOneofCase.Error).Error.Message);
        Assert.Single(events, e => e.Vm == "vm1" && e.EventCase == VmEvent.EventOneofCase.Ping);
    }

    [Fact]
    public async Task Ping_ManyVms_KeepsToTheBound()
    {
        await using var fleet = await TestFleet.StartAsync("vm1", "vm2", "vm3", "vm4", "vm5", "vm6");
        int now = 0, most = 0;
        var two = new TaskCompletionSource();
        foreach (var vm in fleet.Vms)
        {
            vm.Agent.Before = async (_, _) =>
            {
                var count = Interlocked.Increment(ref now);
                InterlockedMax(ref most, count);
                if (count == 2)
                {
                    two.TrySetResult();
                }

                // A third would have the time to come.
                await two.Task;
                await Task.Delay(50);
                Interlocked.Decrement(ref now);
            };
        }

        await using var controller = fleet.CreateController();

        var events = await All(controller.PingAsync(new PingRequest { Selection = new() { All = true }, Pace = new(Patient) { MaxParallel = 2 } }, default));

        Assert.Equal(6, events.Count(e => e.EventCase == VmEvent.EventOneofCase.Ping));
        Assert.Equal(2, most);
    }

    [Fact]
    public async Task Ping_TwoControllersAtOneVm_BothAnswered()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        await using var one = fleet.CreateController();
        await using var other = fleet.CreateController();
        var request = new PingRequest { Pace = Patient, Selection = new() { All = true }, Count = 20 };

        var results = await Task.WhenAll(All(one.PingAsync(request, default)), All(other.PingAsync(request, default)));

        Assert.All(results, events => Assert.Equal(20, Result(events).Ping.RoundTripNs.Count));
    }

    [Fact]
    public async Task Ping_IdleDaemonLink_LetsAnotherControllerIn()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var clock = new CallClock();
        await using var daemon = fleet.CreateController(new() { IdleTime = TimeSpan.FromSeconds(2) }, time: clock);
        await using var cli = fleet.CreateController();
        var request = new PingRequest { Pace = Patient, Selection = new() { All = true } };

        Assert.NotEqual(0UL, Result(await All(daemon.PingAsync(request, default))).Ping.AttachNs);
        Assert.Equal(0UL, Result(await All(daemon.PingAsync(request, default))).Ping.AttachNs);
        clock.Expire();
        Assert.Equal(VmEvent.EventOneofCase.Ping, Result(await All(cli.PingAsync(request, default))).EventCase);
    }

    [Fact]
    public async Task Apply_CancelledByTheCaller_StopsAtOnce()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        using var cancel = new CancellationTokenSource();
        fleet.Vms[0].Agent.Before = async (_, context) =>
        {
            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        };
        await using var controller = fleet.CreateController();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => All(controller.ApplyAsync(Apply("op1", "1"), cancel.Token)));
    }

    [Fact]
    public async Task Apply_ReaderGoesAway_EndsItsCalls()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var cancelled = new TaskCompletionSource();
        fleet.Vms[0].Agent.Before = async (_, context) =>
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancelled.SetResult();
        };
        await using var controller = fleet.CreateController();

        await foreach (var one in controller.ApplyAsync(Apply("op1", "1"), default))
        {
            if (one.EventCase == VmEvent.EventOneofCase.Started)
            {
                break;
            }
        }

        // The call may have been cancelled before it reached the agent.
        if (!fleet.Vms[0].Agent.Calls.IsEmpty)
        {
            await cancelled.Task;
        }
    }

    [Theory]
    [InlineData("", "operation_id is ''")]
    [InlineData("a b", "operation_id is 'a b'")]
    public async Task Apply_BadOperationId_ContactsNobody(string id, string expected)
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        await using var controller = fleet.CreateController();

        var error = await Assert.ThrowsAsync<RpcException>(() => All(controller.ApplyAsync(Apply(id, "1"), default)));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains(expected, error.Status.Detail);
        Assert.False(fleet.Vms[0].Port.HasPeer);
    }

    [Fact]
    public async Task Apply_ValueOutOfRange_ContactsNobody()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        await using var controller = fleet.CreateController();

        var error = await Assert.ThrowsAsync<RpcException>(() => All(controller.ApplyAsync(Apply("op", "4294967296"), default)));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Equal("guest_halt_poll_ns cannot be '4294967296'; it must be a whole number from 0 to 4294967295", error.Status.Detail);
        Assert.False(fleet.Vms[0].Port.HasPeer);
    }

    private static ApplyRequest Apply(string id, string value) => new()
    {
        Selection = new() { All = true },
        Pace = Patient,
        OperationId = id,
        Desired = new Desired { Practice = "guest-idle-haltpoll", Settings = { ["guest_halt_poll_ns"] = value } },
    };

    private static VmEvent Result(IEnumerable<VmEvent> events) =>
        events.Single(e => e.EventCase is not (VmEvent.EventOneofCase.Selected or VmEvent.EventOneofCase.Started));

    private static async Task<List<VmEvent>> All(IAsyncEnumerable<VmEvent> events)
    {
        var all = new List<VmEvent>();
        await foreach (var one in events)
        {
            all.Add(one);
        }

        return all;
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }
}
