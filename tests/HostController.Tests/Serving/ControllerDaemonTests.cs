using System.Net.Sockets;
using Grpc.Core;
using GuestTune.Controller.Remote;
using GuestTune.Controller.Serving;
using GuestTune.Controller.V1;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.Practice.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace GuestTune.HostController.Tests.Serving;

public sealed class ControllerDaemonTests
{
    [Fact]
    public async Task Run_ApplyThroughTheDaemon_WorksAndIsAudited()
    {
        await using var fleet = await TestFleet.StartAsync("vm1", "vm2");
        var log = new CapturedLog();
        await using var daemon = await RunningDaemon.StartAsync(fleet, log);

        var events = new List<VmEvent>();
        await using (var client = await RemoteController.ConnectAsync(daemon.SocketPath, default))
        {
            await foreach (var one in client.ApplyAsync(Request(), default))
            {
                events.Add(one);
            }
        }

        Assert.Equal(2, events.Count(e => e.EventCase == VmEvent.EventOneofCase.Apply));
        var uid = Libc.GetEffectiveUserId();
        await log.WaitForAsync($"apply op-7 on 2 VMs (guest-idle-haltpoll guest_halt_poll_ns=1) for user {uid}, process {Environment.ProcessId}");
        await log.WaitForAsync("apply op-7 on 2 VMs ended: 2 done, 0 failed, 0 without an answer");
    }

    [Fact]
    public async Task Run_Socket_HasModeAndIsGoneAfterwards()
    {
        await using var fleet = await TestFleet.StartAsync();
        var daemon = await RunningDaemon.StartAsync(fleet, new CapturedLog());

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite,
            File.GetUnixFileMode(daemon.SocketPath));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute,
            File.GetUnixFileMode(Path.GetDirectoryName(daemon.SocketPath)!));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(daemon.SocketPath + ".lock"));

        await daemon.DisposeAsync();

        Assert.False(Path.Exists(daemon.SocketPath));
    }

    [Fact]
    public async Task Run_BadSelection_KeepsItsStatus()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        await using var daemon = await RunningDaemon.StartAsync(fleet, new CapturedLog());
        await using var client = await RemoteController.ConnectAsync(daemon.SocketPath, default);

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            await foreach (var _ in client.PingAsync(new PingRequest { Selection = new() { Names = { "vm2" } } }, default))
            {
            }
        });

        Assert.Equal(StatusCode.NotFound, error.StatusCode);
        Assert.Equal("there is no VM 'vm2'; did you mean 'vm1'?", error.Status.Detail);
    }

    [Fact]
    public async Task Run_TwoDaemonsOnOneSocket_SecondIsRefused()
    {
        await using var fleet = await TestFleet.StartAsync();
        await using var daemon = await RunningDaemon.StartAsync(fleet, new CapturedLog());

        var error = await Assert.ThrowsAsync<ServeException>(() => RunningDaemon.StartAsync(fleet, new CapturedLog()));

        Assert.Contains("only one daemon listens on a socket", error.Message);
        Assert.True(Path.Exists(daemon.SocketPath));
    }

    [Fact]
    public async Task Run_StaleSocket_IsReplaced()
    {
        await using var fleet = await TestFleet.StartAsync();
        var path = RunningDaemon.PathIn(fleet);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        LeaveSocketBehind(path);

        await using var daemon = await RunningDaemon.StartAsync(fleet, new CapturedLog());
        await using var client = await RemoteController.ConnectAsync(daemon.SocketPath, default, TimeSpan.FromMinutes(2));

        Assert.Empty((await client.ListVmsAsync(new ListVmsRequest(), default)).Vms);
    }

    [Fact]
    public async Task Run_SocketOfAnotherProgram_IsLeftAlone()
    {
        await using var fleet = await TestFleet.StartAsync();
        var path = RunningDaemon.PathIn(fleet);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(path));
        other.Listen();

        var error = await Assert.ThrowsAsync<ServeException>(() => RunningDaemon.StartAsync(fleet, new CapturedLog()));

        Assert.Contains("another program listens on", error.Message);
        Assert.True(Path.Exists(path));
    }

    [Fact]
    public async Task Run_RegularFileInTheWay_IsLeftAlone()
    {
        await using var fleet = await TestFleet.StartAsync();
        var path = RunningDaemon.PathIn(fleet);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, "");

        var error = await Assert.ThrowsAsync<ServeException>(() => RunningDaemon.StartAsync(fleet, new CapturedLog()));

        Assert.Contains("is not a socket that was left behind", error.Message);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task Run_UnknownGroup_SaysSo()
    {
        await using var fleet = await TestFleet.StartAsync();

        var error = await Assert.ThrowsAsync<ServeException>(() => RunningDaemon.StartAsync(fleet, new CapturedLog(), group: "no-such-group"));

        Assert.StartsWith("there is no group 'no-such-group'", error.Message);
    }

    [Fact]
    public async Task Run_NotifySocket_HearsReadyAndStopping()
    {
        await using var fleet = await TestFleet.StartAsync();
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(fleet.PathOf("notify")));

        var daemon = await RunningDaemon.StartAsync(fleet, new CapturedLog(), new Dictionary<string, string> { ["NOTIFY_SOCKET"] = fleet.PathOf("notify") });
        var ready = await ReceiveAsync(systemd);
        await daemon.DisposeAsync();

        Assert.Equal("READY=1", ready);
        Assert.Equal("STOPPING=1", await ReceiveAsync(systemd));
    }

    [Fact]
    public async Task Run_StoppedDuringACall_LetsItEnd()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        var log = new CapturedLog();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fleet.Vms[0].Agent.Before = async (_, _) =>
        {
            begun.SetResult();
            await log.WaitForAsync("Stopping; calls in progress have 15 s to end");
        };
        var daemon = await RunningDaemon.StartAsync(fleet, log);
        await using var client = await RemoteController.ConnectAsync(daemon.SocketPath, default);
        var call = Task.Run(async () =>
        {
            var last = new VmEvent();
            await foreach (var one in client.ApplyAsync(Request(), default))
            {
                last = one;
            }

            return last;
        });
        await begun.Task;

        await daemon.DisposeAsync();

        Assert.Equal(VmEvent.EventOneofCase.Apply, (await call).EventCase);
    }

    [Fact]
    public async Task Connect_NoDaemon_SaysWhatToDo()
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => RemoteController.ConnectAsync("/nonexistent/gt.sock", default));

        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("there is no such socket; start 'guesttune serve', or use --no-daemon", error.Status.Detail);
        Assert.Null(await RemoteController.TryConnectAsync("/nonexistent/gt.sock", default));
    }

    [Fact]
    public async Task Call_DaemonHangs_FailsInsteadOfWaitingForEver()
    {
        using var directory = new TemporaryDirectory();
        using var hanging = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        hanging.Bind(new UnixDomainSocketEndPoint(directory.PathOf("c.sock")));
        hanging.Listen();
        await using var client = await RemoteController.ConnectAsync(directory.PathOf("c.sock"), default, TimeSpan.FromMilliseconds(200));
        var request = Request();
        request.Pace = new Pace { TimeoutMs = 100 };

        var list = await Assert.ThrowsAsync<RpcException>(() => client.ListVmsAsync(new ListVmsRequest(), default));
        var apply = await Assert.ThrowsAsync<RpcException>(async () => await client.ApplyAsync(request, default).GetAsyncEnumerator().MoveNextAsync());

        Assert.Equal(StatusCode.DeadlineExceeded, list.StatusCode);
        Assert.Contains("has been silent for 0.2 s", list.Status.Detail);
        Assert.Equal(StatusCode.DeadlineExceeded, apply.StatusCode);
        Assert.Contains("has been silent for 0.3 s", apply.Status.Detail);
    }

    [Fact]
    public async Task Call_DaemonEndsItWhileItStops_SaysThatItWentAwayAndWhereToLook()
    {
        using var directory = new TemporaryDirectory();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(directory.PathOf("c.sock"), static listen => listen.Protocols = HttpProtocols.Http2));
        await using var daemon = builder.Build();
        ((IApplicationBuilder)daemon).Run(static context =>
        {
            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(0);
            return Task.CompletedTask;
        });
        await daemon.StartAsync();
        await using var client = await RemoteController.ConnectAsync(directory.PathOf("c.sock"), default);

        var apply = await Assert.ThrowsAsync<RpcException>(async () => await client.ApplyAsync(Request(), default).GetAsyncEnumerator().MoveNextAsync());

        var host = await Assert.ThrowsAsync<RpcException>(() => client.ApplyAsync(new Agent.V1.ApplyRequest(), default));
        Assert.All([apply, host], e =>
        {
            Assert.Equal(StatusCode.Unavailable, e.StatusCode);
            Assert.Contains($"{directory.PathOf("c.sock")} went away in the middle of the call; 'guesttune history', 'guesttune host history' and ", e.Status.Detail);
        });
    }

    private static ApplyRequest Request() => new()
    {
        Selection = new() { All = true },
        Pace = new() { TimeoutMs = 120_000 },
        OperationId = "op-7",
        Desired = new Desired { Practice = "guest-idle-haltpoll", Settings = { ["guest_halt_poll_ns"] = "1" } },
    };

    private static void LeaveSocketBehind(string path)
    {
        // .NET removes the file when it closes the socket it bound, so a second name of it is left behind.
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path + ".1"));
        File.Move(path + ".1", path);
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[64];
        var count = await socket.ReceiveAsync(buffer);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, count);
    }
}
