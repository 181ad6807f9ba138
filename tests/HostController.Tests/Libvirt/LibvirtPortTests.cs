using System.Net.Sockets;
using GuestTune.Controller.Channel;
using GuestTune.Controller.Inventory;
using GuestTune.Controller.Libvirt;
using GuestTune.Controller.V1;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.PrivateLibvirts;
using GuestTune.VirtioSerial;

namespace GuestTune.HostController.Tests.Libvirt;

/// <summary>Agents behind a real libvirtd. What QEMU would serve is served by the test, at the path where the daemon looks for it.</summary>
[Collection(SharedLibvirt.Collection)]
public sealed class LibvirtPortTests(SharedLibvirt shared) : IAsyncLifetime
{
    private TestFleet? _fleet;

    private PrivateLibvirt Libvirt { get; } = shared.Take();

    private LibvirtChannel Vm1 => new(Libvirt.Uri, "vm1");

    public async ValueTask InitializeAsync()
    {
        _fleet = await TestFleet.StartAsync();
        Run("vm1");
    }

    public async ValueTask DisposeAsync()
    {
        await _fleet!.DisposeAsync();
    }

    [Fact]
    public async Task Ping_ThroughLibvirt_Answers()
    {
        await using var vm = await FakeVm.StartAsync(Libvirt.Folder, "vm1");
        await using var controller = Controller();

        var result = Result(await All(controller.PingAsync(new PingRequest { Selection = new() { All = true }, Count = 20, Pace = Patient }, default)));

        Assert.Equal(20, result.Ping?.RoundTripNs.Count);
    }

    [Fact]
    public async Task Apply_DaemonKilledInTheMiddle_IsRepeatedOverANewSession()
    {
        await using var vm = await FakeVm.StartAsync(Libvirt.Folder, "vm1");
        await using var controller = Controller();
        var kills = 1;
        vm.Agent.After = async (_, context) =>
        {
            if (kills-- > 0)
            {
                Libvirt.Kill();
                Libvirt.Start();
                await Task.Delay(Timeout.Infinite, context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        };
        var request = new ApplyRequest
        {
            Selection = new() { All = true },
            OperationId = "op1",
            Desired = new() { Practice = "guest-idle-haltpoll", Settings = { ["guest_halt_poll_ns"] = "400000" } },
            Pace = Patient,
        };

        var result = Result(await All(controller.ApplyAsync(request, default)));

        Assert.Equal(VmEvent.EventOneofCase.Apply, result.EventCase);
        Assert.True(result.Apply.RepeatedAnswer);
        Assert.Equal(1, vm.Agent.ChangeCount);
    }

    [Fact]
    public async Task Attach_AnotherProgramHasTheStream_SaysSoAndWaitsForIt()
    {
        await using var vm = await FakeVm.StartAsync(Libvirt.Folder, "vm1");
        await using var controller = Controller();
        var other = await LibvirtPort.OpenAsync(Vm1, default);

        var refused = await Assert.ThrowsAsync<AttachException>(async () => await LibvirtPort.OpenAsync(Vm1, default));
        var waiting = All(controller.PingAsync(new PingRequest { Selection = new() { All = true }, Pace = Patient }, default));
        await other.DisposeAsync();

        Assert.Equal(AttachFailure.Held, refused.Failure);
        Assert.Contains("another program has the channel of 'vm1' open through libvirt", refused.Message, StringComparison.Ordinal);
        Assert.NotNull(Result(await waiting).Ping);
    }

    [Fact]
    public async Task Attach_RawClientHasTheSocket_EndsByItsOwnTimeLimit()
    {
        // Nobody ever accepts: as QEMU, which has a client.
        using var silent = Serve("vm1");
        await using var controller = Controller();

        var error = Result(await All(controller.PingAsync(new PingRequest { Selection = new() { All = true }, Pace = new Pace { TimeoutMs = 500 } }, default))).Error;

        Assert.Contains("within 500 ms: guesttune-agent may not run in the guest", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_DaemonKilled_Ends()
    {
        using var guest = Serve("vm1");
        await using var port = await LibvirtPort.OpenAsync(Vm1, default);
        var reading = port.ReadAsync(new byte[10], default).AsTask();

        Libvirt.Kill();

        Assert.True(await Ends(reading));
        await Assert.ThrowsAsync<LibvirtException>(async () =>
        {
            while (true)
            {
                await port.WriteAsync(new byte[1], default);
            }
        });
    }

    [Fact]
    public async Task Read_GuestClosesThePort_Ends()
    {
        using var guest = Serve("vm1");
        await using var port = await LibvirtPort.OpenAsync(Vm1, default);
        using (var client = await guest.AcceptAsync())
        {
            await client.SendAsync("last"u8.ToArray());
        }

        var buffer = new byte[10];
        Assert.Equal(4, await port.ReadAsync(buffer, default));
        Assert.True(await Ends(port.ReadAsync(buffer, default).AsTask()));
    }

    [Fact]
    public async Task Read_GuestSendsWithoutEnd_BreaksThePortAtABound()
    {
        using var guest = Serve("vm1");
        await using var port = await LibvirtPort.OpenAsync(Vm1, default);
        using var client = await guest.AcceptAsync();
        var flood = Task.Run(async () =>
        {
            while (true)
            {
                await client.SendAsync(new byte[65536]);
            }
        });
        while (!port.HasEnded)
        {
            await Task.Yield();
        }

        var e = await Assert.ThrowsAsync<IOException>(async () => await port.ReadAsync(new byte[10], default));

        Assert.Contains("4194304 bytes that nobody waited for", e.Message, StringComparison.Ordinal);
        await port.DisposeAsync();
        await Task.WhenAny(flood);
    }

    [Fact]
    public async Task Write_GuestReadsNothing_WaitsWithoutHoldingUpOthers()
    {
        Run("vm2");
        await using var vm2 = await FakeVm.StartAsync(Libvirt.Folder, "vm2");
        using var guest = Serve("vm1");
        var port = await LibvirtPort.OpenAsync(Vm1, default);
        using var client = await guest.AcceptAsync();
        using var full = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            while (true)
            {
                full.CancelAfter(TimeSpan.FromSeconds(2));
                await port.WriteAsync(new byte[65536], full.Token);
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        await using var controller = Controller("vm2");

        Assert.NotNull(Result(await All(controller.PingAsync(new PingRequest { Selection = new() { All = true }, Pace = Patient }, default))).Ping);
        var last = port.WriteAsync(new byte[1], default).AsTask();
        await port.DisposeAsync();
        await Task.WhenAny(last);
    }

    [Fact]
    public async Task Open_NoDomainOrNoChannel_GivesLibvirtsWords()
    {
        Libvirt.Run("bare");

        var nobody = await Assert.ThrowsAsync<AttachException>(async () => await LibvirtPort.OpenAsync(Vm1 with { Domain = "nobody" }, default));
        var bare = await Assert.ThrowsAsync<AttachException>(async () => await LibvirtPort.OpenAsync(Vm1 with { Domain = "bare" }, default));

        Assert.Equal((AttachFailure.NotFound, AttachFailure.NotServed), (nobody.Failure, bare.Failure));
        Assert.Contains("no domain with matching name 'nobody'", nobody.Message, StringComparison.Ordinal);
        Assert.Contains("org.guesttune.agent.0", bare.Message, StringComparison.Ordinal);
    }

    private static Pace Patient => new() { TimeoutMs = 120_000 };

    private static async Task<bool> Ends(Task<int> reading)
    {
        await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return reading.IsFaulted || reading.Result == 0;
    }

    private static VmEvent Result(IReadOnlyList<VmEvent> events) => events[^1];

    private static async Task<List<VmEvent>> All(IAsyncEnumerable<VmEvent> events)
    {
        var all = new List<VmEvent>();
        await foreach (var one in events)
        {
            all.Add(one);
        }

        return all;
    }

    private void Run(string name)
    {
        var path = Libvirt.PathOf($"{name}.sock");
        Libvirt.Run(name, $"<controller type='virtio-serial'/><channel type='unix'><source mode='bind' path='{path}'/><target type='virtio' name='org.guesttune.agent.0'/></channel>");
        File.Delete(path);
    }

    private Socket Serve(string name)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Libvirt.PathOf($"{name}.sock")));
        listener.Listen();
        return listener;
    }

    private GuestTune.Controller.Fleet.FleetController Controller(string name = "vm1")
    {
        _fleet!.Further.Add(new VmEntry(name, Libvirt.Uri, Vm1 with { Domain = name }, TestFleet.NoLabels));
        return _fleet.CreateController();
    }
}
