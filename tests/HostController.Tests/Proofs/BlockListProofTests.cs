using System.Diagnostics;
using GuestTune.Agent.V1;
using GuestTune.Controller.Channel;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.Proofs;
using GuestTune.Controller.QemuGa;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.Practice.V1;
using GuestTune.Testing;

namespace GuestTune.HostController.Tests.Proofs;

public sealed class BlockListProofTests
{
    private const string QemuGa = "/usr/sbin/qemu-ga";

    private readonly CallClock _clock = new();

    private static Controller.V1.Selection All => new() { All = true };

    [Theory]
    [InlineData("guest-exec", Verdict.Effective, "guest-exec is disabled (guest-info)")]
    [InlineData("guest-exec,guest-file-open", Verdict.Effective, "all 2 blocked commands are disabled (guest-info)")]
    [InlineData("guest-exec,guest-shutdown", Verdict.Failed, "qemu-ga itself says that it carries out guest-shutdown (guest-info), although the agent says that its process blocks it")]
    [InlineData("guest-exec,guest-reboot", Verdict.Configured, "not proven: qemu-ga does not name guest-reboot among its commands (guest-info)")]
    public async Task Add_GuestInfo_ConfirmsOrContradictsTheAgent(string agentSays, Verdict verdict, string reason)
    {
        var said = await ProveAsync(agentSays, new GuestInfo("7.2", new Dictionary<string, bool>(StringComparer.Ordinal)
        {
            ["guest-exec"] = false, ["guest-file-open"] = false, ["guest-shutdown"] = true, ["guest-ping"] = true,
        }));

        Assert.Equal(verdict, said.Verdict);
        Assert.Contains(reason, said.Reason);
        Assert.Contains(new Fact { Name = "disabled", Scope = Scope.InForce, Value = "guest-exec,guest-file-open", Source = "guest-info over /run/qga.sock" }, said.Facts);
    }

    [Fact]
    public async Task Add_FileSystemsFrozen_ProvesNothing()
    {
        var said = await ProveAsync("guest-exec", new GuestInfo("7.2", new Dictionary<string, bool>(StringComparer.Ordinal)
        {
            ["guest-exec"] = false, ["guest-shutdown"] = false, ["guest-ping"] = true, ["guest-info"] = true,
        }));

        Assert.Equal(Verdict.Configured, said.Verdict);
        Assert.Contains("while file systems are frozen", said.Reason);
    }

    [Fact]
    public async Task Add_NoAnswer_LeavesTheAgentsVerdictAndSaysWhy()
    {
        var unreachable = await ProveAsync("guest-exec", null);
        var unknown = await ProveAsync("guest-exec", null, hasAddress: false);

        Assert.Equal((Verdict.Configured, "as its arguments say (nobody there)"), (unreachable.Verdict, unreachable.Reason));
        Assert.Contains(new Fact { Name = "disabled", Scope = Scope.InForce, Source = "guest-info over /run/qga.sock", Problem = "nobody there" }, unreachable.Facts);
        Assert.Equal(Verdict.Configured, unknown.Verdict);
        Assert.Contains("name its socket in the inventory (qemu-ga: PATH)", unknown.Reason);
    }

    [Theory]
    [InlineData(Verdict.Absent, "")]
    [InlineData(Verdict.Pending, "guest-exec")]
    [InlineData(Verdict.Failed, "guest-exec")]
    [InlineData(Verdict.Configured, "")]
    public async Task Add_NothingToProve_AsksNobody(Verdict verdict, string blocked)
    {
        var said = Said(blocked, verdict);
        var client = new FixedClient(null);

        await new BlockListProof(client, TimeProvider.System).AddAsync(Vm(hasAddress: true), said, default);

        Assert.Equal(0, client.Calls);
        Assert.Equal(Said(blocked, verdict), said);
    }

    [Fact]
    public async Task Observe_PortThatNobodyAnswers_TakesThreeSecondsAndNotTheVm()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        await using var silent = new FakeQemuGa(fleet.PathOf("silent.sock"), _ =>
        {
            _clock.Expire();
            return [];
        });
        fleet.QemuGa = new QemuGaSocketAddress(silent.Path);
        fleet.Vms[0].Agent.Forge = answer => answer is ObserveResponse ? new ObserveResponse { Observations = { Said("guest-exec", Verdict.Configured) } } : answer;

        var observation = await ObserveAsync(fleet);

        Assert.Equal(Verdict.Configured, observation.Verdict);
        Assert.Contains("no answer within 3 s", observation.Reason);
    }

    [Fact]
    public async Task ApplyAndUndo_Observations_AreProvenToo()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        await using var qemuGa = new FakeQemuGa(fleet.PathOf("qga.sock"), q => q.Contains("guest-sync", StringComparison.Ordinal) ? FakeQemuGa.Synchronized(q) : FakeQemuGa.Info(("guest-exec", false), ("guest-shutdown", true)));
        fleet.QemuGa = Assert.Single(await new InventoryFile(InventoryWith(fleet, qemuGa)).ListAsync(default)).QemuGa;
        fleet.Vms[0].Agent.Forge = answer => answer switch
        {
            ApplyResponse apply => new ApplyResponse(apply) { Observation = Said("guest-exec", Verdict.Configured) },
            UndoResponse undo => new UndoResponse(undo) { Observation = Said("guest-exec", Verdict.Configured) },
            _ => answer,
        };

        await using var controller = fleet.CreateController(time: _clock);
        var desired = new Desired { Practice = "qemu-ga-blocklist", Settings = { ["block"] = "guest-exec" } };

        var set = await LastAsync(controller.ApplyAsync(new Controller.V1.ApplyRequest { Selection = All, OperationId = "op-1", Desired = desired }, default));
        var undo = await LastAsync(controller.UndoAsync(new Controller.V1.UndoRequest { Selection = All, OperationId = "op-2" }, default));

        Assert.Equal((Verdict.Effective, "qemu-ga itself says that guest-exec is disabled (guest-info)"), (set.Apply.Observation.Verdict, set.Apply.Observation.Reason));
        Assert.Equal(Verdict.Effective, undo.Undo.Observation.Verdict);
    }

    /// <summary>The whole way, with the qemu-ga that Debian has.</summary>
    [Theory]
    [InlineData("guest-exec,guest-file-open", Verdict.Effective)]
    [InlineData("guest-exec,guest-shutdown", Verdict.Failed)]
    public async Task Observe_RealQemuGa_IsAskedByTheController(string agentSays, Verdict expected)
    {
        Assert.SkipUnless(File.Exists(QemuGa), "qemu-ga is not installed (package qemu-guest-agent)");
        await using var fleet = await TestFleet.StartAsync("vm1");
        var socket = fleet.PathOf("qga.sock");
        using var process = Process.Start(new ProcessStartInfo(
            QemuGa, ["-m", "unix-listen", "-p", socket, "-t", fleet.Directory, "-f", fleet.PathOf("pid"), "--block-rpcs=guest-exec,guest-file-open"]) { UseShellExecute = false })!;
        try
        {
            ServedSocket.WaitFor(socket, () => !process.HasExited);
            fleet.QemuGa = new QemuGaSocketAddress(socket);
            fleet.Vms[0].Agent.Forge = answer => answer is ObserveResponse ? new ObserveResponse { Observations = { Said(agentSays, Verdict.Configured) } } : answer;

            var observation = await ObserveAsync(fleet);

            Assert.True(expected == observation.Verdict, observation.Reason);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    private static string InventoryWith(TestFleet fleet, FakeQemuGa qemuGa)
    {
        var path = fleet.PathOf("with-qemu-ga.yaml");
        File.WriteAllText(path, $"vms: [{{name: vm1, channel: {fleet.Vms[0].SocketPath}, qemu-ga: {qemuGa.Path}}}]");
        return path;
    }

    private async Task<Observation> ObserveAsync(TestFleet fleet)
    {
        await using var controller = fleet.CreateController(time: _clock);
        var request = new Controller.V1.ObserveRequest { Selection = All, Practices = { "qemu-ga-blocklist" } };
        return (await LastAsync(controller.ObserveAsync(request, default))).Observe.Observations[0];
    }

    private static async Task<Controller.V1.VmEvent> LastAsync(IAsyncEnumerable<Controller.V1.VmEvent> events)
    {
        var last = new Controller.V1.VmEvent();
        await foreach (var one in events)
        {
            last = one;
        }

        return last;
    }

    private static async Task<Observation> ProveAsync(string blocked, GuestInfo? info, bool hasAddress = true)
    {
        var said = Said(blocked, Verdict.Configured);
        await new BlockListProof(new FixedClient(info), TimeProvider.System).AddAsync(Vm(hasAddress), said, default);
        return said;
    }

    private static VmEntry Vm(bool hasAddress) => new("vm1", "inventory", new SocketChannel("/x"), TestFleet.NoLabels, QemuGa: hasAddress ? new QemuGaSocketAddress("/run/qga.sock") : null);

    private static Observation Said(string blocked, Verdict verdict) => new()
    {
        Practice = "qemu-ga-blocklist",
        Verdict = verdict,
        Reason = "as its arguments say",
        Facts =
        {
            new Fact { Name = "block", Scope = Scope.Persistent, Value = "guest-other", Source = "/etc/x.conf" },
            new Fact { Name = "block", Scope = Scope.InForce, Value = blocked, Source = "/proc/1/cmdline" },
        },
    };

    private sealed class FixedClient(GuestInfo? info) : IQemuGaClient
    {
        public int Calls { get; private set; }

        public Task<GuestInfo> AskInfoAsync(QemuGaAddress address, CancellationToken cancellationToken)
        {
            Calls++;
            return info is null ? Task.FromException<GuestInfo>(new QemuGaException("nobody there")) : Task.FromResult(info);
        }
    }
}
