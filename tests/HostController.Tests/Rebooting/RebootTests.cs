using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.V1;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.Practice.V1;
using ApplyRequest = GuestTune.Controller.V1.ApplyRequest;
using RebootRequest = GuestTune.Controller.V1.RebootRequest;
using UndoRequest = GuestTune.Controller.V1.UndoRequest;

namespace GuestTune.HostController.Tests.Rebooting;

public sealed class RebootTests
{
    private static readonly Pace Patient = new() { TimeoutMs = 60_000 };

    private readonly CallClock _clock = new();

    [Fact]
    public async Task Reboot_GuestComesBack_TellsItsPhasesEndsTheTrialAndKeepsNoNote()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        await using var controller = fleet.CreateController(time: _clock);

        var events = await All(controller.RebootAsync(Reboot("op1"), default));

        var result = Result(events).Reboot;
        Assert.Equal([RebootPhase.Asked, RebootPhase.Back], Phases(events));
        Assert.Equal((RebootOutcome.Restarted, "boot", "boot-1"), (result.Outcome, result.BootIdBefore, result.BootId));
        Assert.Equal(BootTrialState.Tried, result.Trial.State);
        Assert.Equal(Verdict.Configured, Assert.Single(result.Observations).Verdict);
        Assert.Empty(result.Problem);
        Assert.Equal(["GetInfo", "Reboot", "Reboot", "Observe", "EndBootTrial"], fleet.Vms[0].Agent.Calls);
        Assert.Equal(1, fleet.Vms[0].Agent.Boot.RestartCount);
        Assert.Empty(Notes(fleet));
    }

    [Fact]
    public async Task Reboot_SameIdAgain_RestartsNothing()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        await using var controller = fleet.CreateController(time: _clock);
        await All(controller.RebootAsync(Reboot("op1"), default));

        // The host has no note any more; the agent remembers.
        var again = Result(await All(controller.RebootAsync(Reboot("op1"), default)));

        Assert.Equal((RebootOutcome.Restarted, "boot", "boot-1"), (again.Reboot.Outcome, again.Reboot.BootIdBefore, again.Reboot.BootId));
        Assert.Equal(1, fleet.Vms[0].Agent.Boot.RestartCount);
    }

    [Fact]
    public async Task Reboot_SomebodyElseWasFaster_IsRecognisedAndNotRestartedTwice()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var boot = fleet.Vms[0].Agent.Boot;
        fleet.Vms[0].Agent.Before = (call, _) =>
        {
            if (call == "Reboot" && boot.BootId == "boot")
            {
                boot.ComeUp();
            }

            return Task.CompletedTask;
        };
        await using var controller = fleet.CreateController(time: _clock);

        var result = Result(await All(controller.RebootAsync(Reboot("op1"), default))).Reboot;

        Assert.Equal((RebootOutcome.RestartedByOthers, 0), (result.Outcome, boot.RestartCount));
    }

    [Fact]
    public async Task Reboot_NotBackInTimeWithATrial_IsResetOnceAndFellBack()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var boot = GoesDown(fleet);
        fleet.Power.OnReset = _ => boot.ComeUp(BootTrialState.FellBack);
        await using var controller = fleet.CreateController(time: _clock);

        var events = await All(controller.RebootAsync(Reboot("op1", limitMs: 1500), default));

        var result = Result(events).Reboot;
        Assert.Equal([RebootPhase.Asked, RebootPhase.Down, RebootPhase.Reset, RebootPhase.Back], Phases(events));
        Assert.Equal(["vm1"], fleet.Power.Resets);
        Assert.Equal(RebootOutcome.FellBack, result.Outcome);
        Assert.InRange(result.ResetAfterMs, 1500UL, 20_000UL);
        Assert.Contains("was reset by this host, and runs on the previous one (guesttune_trial=FellBack)", result.Problem, StringComparison.Ordinal);
        // Nobody undid what did not boot, so the boot loader must keep to the previous line.
        Assert.Equal(BootTrialState.FellBack, boot.Trial.State);
    }

    [Theory]
    [InlineData(false, Recovery.WithTrial, null, "has no boot trial: the boot loader is not GRUB (--recover always")]
    [InlineData(true, Recovery.Never, null, "--recover never was given")]
    [InlineData(true, Recovery.WithTrial, "the inventory names no 'monitor'", "cannot be reset from here: the inventory names no 'monitor'")]
    public async Task Reboot_NotBackAndNotToBeReset_SaysWhyAndHowToGoOn(bool canTry, Recovery recovery, string? refusal, string words)
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        GoesDown(fleet).CanTry = canTry;
        fleet.Power.Refusal = refusal;
        await using var controller = fleet.CreateController(time: _clock);

        var error = Result(await All(controller.RebootAsync(Reboot("op1", limitMs: 1500, recovery), default))).Error;

        Assert.Equal(StatusCode.DeadlineExceeded, (StatusCode)error.Code);
        Assert.Contains("went down and no agent answered in another boot within 1.5 s", error.Message, StringComparison.Ordinal);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Contains("--operation-id op1", error.Message, StringComparison.Ordinal);
        Assert.Empty(fleet.Power.Resets);
        Assert.Single(Notes(fleet));
    }

    [Fact]
    public async Task Reboot_OldBootStillAnswers_IsNotReset()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        fleet.Vms[0].Agent.Boot.OnRestart = () => { };
        await using var controller = fleet.CreateController(time: _clock);

        var error = Result(await All(controller.RebootAsync(Reboot("op1", limitMs: 1500), default))).Error;

        Assert.Contains("did not go down within 1.5 s, and was not reset, since its old boot still answers", error.Message, StringComparison.Ordinal);
        Assert.Empty(fleet.Power.Resets);
    }

    [Theory]
    [InlineData(14, false)]
    [InlineData(4, true)]
    public async Task Reboot_OldBootFallsSilent_IsResetWhereItWasSilentForHalfOfTheTime(int lastAnswer, bool isReset)
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var boot = fleet.Vms[0].Agent.Boot;
        boot.OnRestart = () => { };
        boot.OnCallWhileDown = _clock.Expire;
        var asked = 0;
        fleet.Vms[0].Agent.Before = (call, _) =>
        {
            boot.IsDown = call is "Reboot" && ++asked > lastAnswer;
            return Task.CompletedTask;
        };
        fleet.Power.OnReset = _ =>
        {
            lastAnswer = int.MaxValue;
            boot.ComeUp(BootTrialState.FellBack);
        };
        await using var controller = fleet.CreateController(time: _clock);

        await All(controller.RebootAsync(Reboot("op1", limitMs: 10_000), default));

        Assert.Equal(isReset ? ["vm1"] : [], fleet.Power.Resets);
    }

    [Fact]
    public async Task Reboot_ControllerDiedWhileTheGuestWasDown_SameIdGoesOnAndResetsOnce()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var boot = GoesDown(fleet);

        // The time of the first silent call alone passes: with that of the next ones all of it might, before the controller is dead.
        var silent = 0;
        var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        boot.OnCallWhileDown = () =>
        {
            if (++silent == 1)
            {
                _clock.Expire();
            }
            else
            {
                again.TrySetResult();
            }
        };
        using (var killed = new CancellationTokenSource())
        {
            await using var first = fleet.CreateController(time: _clock);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                await foreach (var one in first.RebootAsync(Reboot("op1"), killed.Token))
                {
                    if (one.RebootProgress is { Phase: RebootPhase.Down })
                    {
                        await again.Task;
                        await killed.CancelAsync();
                    }
                }
            });
        }

        boot.OnCallWhileDown = _clock.Expire;
        fleet.Power.OnReset = _ => boot.ComeUp(BootTrialState.FellBack);
        await using var second = fleet.CreateController(time: _clock);
        var result = Result(await All(second.RebootAsync(Reboot("op1", limitMs: 1500), default))).Reboot;

        Assert.Equal((RebootOutcome.FellBack, "boot", "boot-1"), (result.Outcome, result.BootIdBefore, result.BootId));
        Assert.Equal(1, boot.RestartCount);
        Assert.Equal(["vm1"], fleet.Power.Resets);
    }

    [Fact]
    public async Task Reboot_ResetsDoNotHelp_SameIdResetsNoThirdTime()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        GoesDown(fleet);
        await using var controller = fleet.CreateController(time: _clock);

        var first = Result(await All(controller.RebootAsync(Reboot("op1", limitMs: 1500), default))).Error;
        var second = Result(await All(controller.RebootAsync(Reboot("op1", limitMs: 1500), default))).Error;

        Assert.Contains("although this host reset it, last at", first.Message, StringComparison.Ordinal);
        Assert.Contains("although this host reset it, last at", second.Message, StringComparison.Ordinal);
        Assert.Equal(["vm1", "vm1"], fleet.Power.Resets);
    }

    [Fact]
    public async Task Reboot_AdministratorRefuses_IsAnErrorAtOnce()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        fleet.Vms[0].Agent.Before = (call, _) => call == "Reboot"
            ? throw new RpcException(new Status(StatusCode.PermissionDenied, "Reboot is refused"))
            : Task.CompletedTask;
        await using var controller = fleet.CreateController(time: _clock);

        var error = Result(await All(controller.RebootAsync(Reboot("op1"), default))).Error;

        Assert.Equal(StatusCode.PermissionDenied, (StatusCode)error.Code);
    }

    [Fact]
    public async Task Reboot_NotesCannotBeKept_RestartsNothing()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        await File.WriteAllTextAsync(fleet.PathOf("reboots"), "not a directory");
        await using var controller = fleet.CreateController(time: _clock);

        var error = Result(await All(controller.RebootAsync(Reboot("op1"), default))).Error;

        Assert.Equal(StatusCode.FailedPrecondition, (StatusCode)error.Code);
        Assert.Contains("--state DIR", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, fleet.Vms[0].Agent.Boot.RestartCount);
    }

    [Fact]
    public async Task Reboot_AgentSaysRestartedInTheOldBoot_IsNotBelieved()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        fleet.Vms[0].Agent.Forge = answer => answer is RebootResponse ? new RebootResponse { State = RebootState.Restarted, BootId = "boot" } : answer;
        await using var controller = fleet.CreateController(time: _clock);

        var error = Result(await All(controller.RebootAsync(Reboot("op1"), default))).Error;

        Assert.Equal(StatusCode.DataLoss, (StatusCode)error.Code);
    }

    [Fact]
    public async Task Apply_ChangeWaitsForAReboot_IsRestartedAndObservedAfterIt()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var agent = Pending(fleet);
        await using var controller = fleet.CreateController(time: _clock);

        var result = Result(await All(controller.ApplyAsync(Apply("op1"), default)));

        Assert.Equal(Verdict.Effective, result.Apply.Observation.Verdict);
        Assert.Equal(OperationState.Done, result.Apply.Operation.State);
        Assert.Equal((RebootOutcome.Restarted, ""), (result.Rebooted.Outcome, result.Rebooted.Problem));
        Assert.Equal((1, 1), (agent.ChangeCount, agent.Boot.RestartCount));
        Assert.Equal(BootTrialState.None, agent.Boot.Trial.State);
        Assert.Equal("op1", agent.Boot.LastRequest!.OperationId);
    }

    [Fact]
    public async Task Apply_NothingWaits_RestartsNothing()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        await using var controller = fleet.CreateController(time: _clock);

        var result = Result(await All(controller.ApplyAsync(Apply("op1"), default)));

        Assert.Equal(RebootOutcome.NotNeeded, result.Rebooted.Outcome);
        Assert.Equal(["GetInfo", "Apply"], fleet.Vms[0].Agent.Calls);
    }

    [Fact]
    public async Task Apply_GuestFellBack_IsUndoneBeforeTheTrialEnds()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var agent = Pending(fleet);
        agent.Boot.OnRestart = () => agent.Boot.ComeUp(BootTrialState.FellBack);
        await using var controller = fleet.CreateController(time: _clock);

        var result = Result(await All(controller.ApplyAsync(Apply("op1"), default)));

        Assert.Equal(RebootOutcome.FellBack, result.Rebooted.Outcome);
        Assert.EndsWith("the change was undone", result.Rebooted.Problem, StringComparison.Ordinal);
        Assert.Equal(["GetInfo", "Apply", "Reboot", "Reboot", "Apply", "Undo", "EndBootTrial", "Apply"], agent.Calls);
        Assert.Equal(OperationState.Undone, result.Apply.Operation.State);
        Assert.Equal("200000", agent.Values["guest_halt_poll_ns"]);
        Assert.Equal(BootTrialState.None, agent.Boot.Trial.State);
    }

    [Fact]
    public async Task Apply_StillPendingAfterTheReboot_IsAProblem()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var agent = Pending(fleet);
        agent.Verdict = () => Verdict.Pending;
        await using var controller = fleet.CreateController(time: _clock);

        var result = Result(await All(controller.ApplyAsync(Apply("op1"), default)));

        Assert.StartsWith("after the restart it is pending", result.Rebooted.Problem, StringComparison.Ordinal);
        Assert.Equal(1, agent.Boot.RestartCount);
    }

    [Fact]
    public async Task Apply_RestartedByOthersJustBefore_IsRestartedAfterAll()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var agent = Pending(fleet);
        agent.Verdict = () => agent.Boot.BootId == "boot-2" ? Verdict.Effective : Verdict.Pending;
        agent.Before = (call, _) =>
        {
            if (call == "Apply" && agent.Boot.BootId == "boot")
            {
                agent.Boot.ComeUp();
            }

            return Task.CompletedTask;
        };
        await using var controller = fleet.CreateController(time: _clock);

        var result = Result(await All(controller.ApplyAsync(Apply("op1"), default)));

        Assert.Equal((RebootOutcome.Restarted, "boot-1", "boot-2"), (result.Rebooted.Outcome, result.Rebooted.BootIdBefore, result.Rebooted.BootId));
        Assert.Equal(1, agent.Boot.RestartCount);
    }

    [Fact]
    public async Task Undo_GuestFellBack_SaysThatTheTrialStays()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var agent = Pending(fleet);
        await using var controller = fleet.CreateController(time: _clock);
        await All(controller.ApplyAsync(Apply("op1"), default));
        agent.Verdict = () => Verdict.Pending;
        agent.Boot.OnRestart = () => agent.Boot.ComeUp(BootTrialState.FellBack);

        var result = Result(await All(controller.UndoAsync(
            new UndoRequest { Selection = Vm1, Pace = Patient, OperationId = "op2", TargetOperationId = "op1", Reboot = new RebootOptions() }, default)));

        Assert.Equal(RebootOutcome.FellBack, result.Rebooted.Outcome);
        Assert.Contains("an undo cannot be undone", result.Rebooted.Problem, StringComparison.Ordinal);
        Assert.Equal(BootTrialState.FellBack, agent.Boot.Trial.State);
    }

    [Theory]
    [InlineData(86_400_001u, 0, "", "time_limit_ms is 86400001")]
    [InlineData(0u, 9, "", "recovery is 9")]
    [InlineData(0u, 0, "LONG", "reason has 201 characters")]
    public async Task Reboot_WrongRequest_IsInvalidBeforeAnyVmIsContacted(uint limitMs, int recovery, string reason, string message)
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        await using var controller = fleet.CreateController(time: _clock);
        var request = Reboot("op1", limitMs, (Recovery)recovery);
        request.Reason = reason is "LONG" ? new string('x', 201) : reason;

        var e = await Assert.ThrowsAsync<RpcException>(async () => await All(controller.RebootAsync(request, default)));

        Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
        Assert.Contains(message, e.Status.Detail, StringComparison.Ordinal);
        Assert.Empty(fleet.Vms[0].Agent.Calls);
    }

    private static Controller.V1.Selection Vm1 => new() { Names = { "vm1" } };

    private static RebootRequest Reboot(string id, uint limitMs = 0, Recovery recovery = Recovery.Unspecified) => new()
    {
        Selection = Vm1,
        Pace = Patient,
        OperationId = id,
        Options = new RebootOptions { TimeLimitMs = limitMs, Recovery = recovery },
    };

    private static ApplyRequest Apply(string id) => new()
    {
        Selection = Vm1,
        Pace = Patient,
        OperationId = id,
        Desired = new Desired { Practice = "guest-idle-haltpoll", Settings = { ["guest_halt_poll_ns"] = "400000" } },
        Reboot = new RebootOptions(),
    };

    private ScriptedBoot GoesDown(TestFleet fleet)
    {
        var boot = fleet.Vms[0].Agent.Boot;
        boot.OnCallWhileDown = _clock.Expire;
        boot.OnRestart = () => boot.IsDown = true;
        return boot;
    }

    private static ScriptedAgent Pending(TestFleet fleet)
    {
        var agent = fleet.Vms[0].Agent;
        agent.TakesEffect = TakesEffect.AfterGuestReboot;
        agent.Verdict = () => agent.Boot.BootId == "boot" ? Verdict.Pending : Verdict.Effective;
        return agent;
    }

    private static string[] Notes(TestFleet fleet) => Directory.Exists(fleet.PathOf("reboots")) ? Directory.GetFiles(fleet.PathOf("reboots")) : [];

    private static IEnumerable<RebootPhase> Phases(IEnumerable<VmEvent> events) => events.Where(e => e.RebootProgress is not null).Select(e => e.RebootProgress.Phase);

    private static VmEvent Result(IReadOnlyList<VmEvent> events) => events[^1];

    private static async Task<IReadOnlyList<VmEvent>> All(IAsyncEnumerable<VmEvent> events)
    {
        var all = new List<VmEvent>();
        await foreach (var one in events)
        {
            all.Add(one);
        }

        return all;
    }
}
