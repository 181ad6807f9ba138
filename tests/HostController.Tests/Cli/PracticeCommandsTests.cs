using System.Net.Sockets;
using System.Text.Json;
using GuestTune.Agent.V1;
using GuestTune.Controller.Channel;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.V1;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.Practice.V1;
using PlanRequest = GuestTune.Controller.V1.PlanRequest;
using PlanResponse = GuestTune.Agent.V1.PlanResponse;

namespace GuestTune.HostController.Tests.Cli;

public sealed class PracticeCommandsTests
{
    [Fact]
    public async Task Status_TwoVms_IsAMatrixOfVerdicts()
    {
        await using var fleet = await TestFleet.StartAsync("vm1", "vm2");
        fleet.Vms[0].Agent.Forge = answer => answer is ObserveResponse ? Observations(("guest-idle-haltpoll", Verdict.Effective, ""), ("qemu-ga-blocklist", Verdict.Failed, "guest-exec is meant")) : answer;
        fleet.Vms[1].Agent.Forge = answer => answer is ObserveResponse ? Observations(("guest-idle-haltpoll", Verdict.NotApplicable, "no haltpoll"), ("later-practice", Verdict.Pending, "soon")) : answer;

        var (code, output, error) = await RunAsync("status", "vm1", "vm2", "--inventory", fleet.WriteInventory());

        Assert.Equal((0, ""), (code, error));
        var lines = output.Split('\n');
        Assert.Matches("^VM +haltpoll +pv-qspinlock +kernel-arguments +qemu-ga +later-practice$", lines[0]);
        Assert.Matches("^vm1 +effective +- +- +failed +-$", lines[1]);
        Assert.Matches("^vm2 +not-applicable +- +- +- +pending$", lines[2]);
        Assert.Equal(["vm1: qemu-ga-blocklist is failed: guest-exec is meant", "vm2: later-practice is pending: soon", ""], lines[3..]);
    }

    [Fact]
    public async Task Status_Explain_GivesTheEvidence()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");

        var (code, output, _) = await RunAsync("status", "vm1", "--explain", "--inventory", fleet.WriteInventory());

        Assert.Equal(0, code);
        Assert.Contains("vm1: guest-idle-haltpoll is configured: no KVM signature", output);
        Assert.Contains("/sys/module/haltpoll/parameters/guest_halt_poll_ns", output);
    }

    [Fact]
    public async Task Status_Json_HasAllObservations()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");

        var (_, output, _) = await RunAsync("status", "--all", "-o", "json", "--inventory", fleet.WriteInventory());

        var json = JsonDocument.Parse(output).RootElement;
        Assert.Equal("status", json.GetProperty("command").GetString());
        Assert.Equal("configured", json.GetProperty("vms")[0].GetProperty("observations")[0].GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task Plan_Files_AreOneDiffForAllThatHaveIt()
    {
        await using var fleet = await TestFleet.StartAsync("vm1", "vm2", "vm3");
        foreach (var (vm, before) in fleet.Vms.Zip(["a\n", "a\n", "x\n"]))
        {
            vm.Agent.Forge = answer => answer is PlanResponse plan
                ? new PlanResponse(plan) { Plan = new Plan(plan.Plan) { Files = { new FileEdit { Path = "/etc/f", Before = before, After = "b\n" } } } }
                : answer;
        }

        var (code, output, _) = await RunAsync("plan", "haltpoll", "--all", "--grow", "7", "--inventory", fleet.WriteInventory());

        Assert.Equal(0, code);
        Assert.Contains("vm1, vm2:\n--- /etc/f\n+++ /etc/f\n@@ -1 +1 @@\n-a\n+b\nvm3:\n--- /etc/f\n+++ /etc/f\n@@ -1 +1 @@\n-x\n+b\n", output);
        Assert.All(fleet.Vms, vm => Assert.Equal("2", vm.Agent.Values["guest_halt_poll_grow"]));
        var json = JsonDocument.Parse((await RunAsync("plan", "haltpoll", "vm3", "--grow", "7", "-o", "json", "--inventory", fleet.WriteInventory())).Out).RootElement;
        var file = json.GetProperty("vms")[0].GetProperty("plan").GetProperty("files")[0];
        Assert.Equal(("/etc/f", "x\n", "b\n"), (file.GetProperty("path").GetString(), file.GetProperty("before").GetString(), file.GetProperty("after").GetString()));
    }

    [Fact]
    public async Task SetQemuGa_BlockAndForce_ReachTheAgentAndPersist()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        Desired? desired = null;
        fleet.Vms[0].Agent.SeenDesired = seen => desired = seen;

        await RunAsync("set", "qemu-ga", "vm1", "--block", "guest-exec,guest-ping", "--force", "--inventory", fleet.WriteInventory());

        Assert.Equal(("qemu-ga-blocklist", "guest-exec,guest-ping", true, true), (desired!.Practice, desired.Settings["block"], desired.Persist, desired.Force));
    }

    [Fact]
    public async Task SetKernelArguments_SetAndRemove_ReachTheAgent()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        Desired? desired = null;
        fleet.Vms[0].Agent.SeenDesired = seen => desired = seen;

        var (code, _, error) = await RunAsync(
            "plan", "kernel-arguments", "vm1", "--argument", "mitigations=off", "--argument", "console=ttyS0,115200n8=x", "--argument", "nosmt", "--remove", "quiet", "--inventory", fleet.WriteInventory());

        Assert.Equal((0, ""), (code, error));
        Assert.Equal("kernel-arguments", desired!.Practice);
        Assert.True(desired.Persist);
        Assert.Equal(
            ["console ttyS0,115200n8=x", "mitigations off", "nosmt ", "quiet !remove"],
            desired.Settings.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key} {s.Value}"));
    }

    [Fact]
    public async Task Plan_VmWithoutAnAgent_FailsAfterTheTimeForAttaching()
    {
        await using var fleet = await TestFleet.StartAsync();
        using var silent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        silent.Bind(new UnixDomainSocketEndPoint(fleet.PathOf("silent.sock")));
        silent.Listen();
        fleet.Further.Add(new VmEntry("silent", "inventory", new SocketChannel(fleet.PathOf("silent.sock")), TestFleet.NoLabels));

        var error = (await PlanAsync(fleet, attachTimeoutMs: 300)).Error;

        Assert.False(error.Reached);
        Assert.Contains("within 300 ms", error.Message);
    }

    [Fact]
    public async Task Plan_SlowAgent_HasMoreTimeThanAttaching()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var clock = new CallClock();
        fleet.Vms[0].Agent.Before = (_, _) =>
        {
            clock.Advance(TimeSpan.FromSeconds(2));
            return Task.CompletedTask;
        };

        Assert.NotNull((await PlanAsync(fleet, attachTimeoutMs: 1500, clock)).Plan);
    }

    private static async Task<VmEvent> PlanAsync(TestFleet fleet, uint attachTimeoutMs, TimeProvider? time = null)
    {
        await using var controller = fleet.CreateController(time: time);
        var last = new VmEvent();
        await foreach (var one in controller.PlanAsync(
            new PlanRequest
            {
                Selection = new() { All = true },
                Pace = new Pace { TimeoutMs = 60_000, AttachTimeoutMs = attachTimeoutMs },
                Desired = new Desired { Practice = "guest-idle-haltpoll", Settings = { ["guest_halt_poll_grow"] = "3" } },
            },
            default))
        {
            last = one;
        }

        return last;
    }

    private static ObserveResponse Observations(params (string Practice, Verdict Verdict, string Reason)[] observations)
        => new() { Observations = { observations.Select(o => new Observation { Practice = o.Practice, Verdict = o.Verdict, Reason = o.Reason }) } };

    private static Task<(int ExitCode, string Out, string Error)> RunAsync(params string[] arguments) => Fakes.Cli.RunAsync(arguments);
}
