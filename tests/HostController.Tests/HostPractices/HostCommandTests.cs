using System.Text.Json;
using GuestTune.Controller.Serving;
using GuestTune.HostController.Tests.Fakes;
using static GuestTune.HostController.Tests.Fakes.Cli;

namespace GuestTune.HostController.Tests.HostPractices;

public sealed class HostCommandTests : IDisposable
{
    private readonly HostTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public async Task SetUndoHistory_InATree_WorkWithoutADaemonAndRememberInIt()
    {
        var (code, output, error) = await RunAsync("host", "set", "kworker-isolation", "--cpus", "0-3", "--operation-id", "op-1", "--root", _tree.Path);
        Assert.Equal((0, ""), (code, error));
        Assert.Matches("(?m)^host +verified +cpumask +ff +f +f +now$", output);
        Assert.Contains("operation op-1; undo it with: guesttune host undo --operation op-1", output);
        Assert.True(File.Exists(_tree.PathOf("/var/lib/guesttune/controller/host/journal")));

        (code, output, _) = await RunAsync("host", "undo", "--operation", "op-1", "--root", _tree.Path);
        Assert.Equal(0, code);
        Assert.Equal("ff\n", _tree.Read(HostTree.Cpumask));

        (code, output, _) = await RunAsync("host", "history", "--root", _tree.Path);
        Assert.Equal(0, code);
        Assert.Matches("(?m)^host .* op-1 +apply +kworker-isolation +undone +cpumask ff -> f ", output);
    }

    [Fact]
    public async Task Status_Table_HasARowForEachPractice()
    {
        var (code, output, error) = await RunAsync("host", "status", "--root", _tree.Path);

        Assert.Equal((0, ""), (code, error));
        var lines = output.Split('\n');
        Assert.Matches("^PRACTICE +VERDICT +WHY$", lines[0]);
        Assert.Matches("^halt-polling +effective +KVM polls up to 200000 ns for a vCPU that has halted$", lines[1]);
        Assert.Matches("^static-hugepages +absent +no static huge pages are reserved$", lines[4]);
    }

    [Fact]
    public async Task DryRun_Json_ChangesNothing()
    {
        var (code, output, _) = await RunAsync("host", "set", "transparent-hugepages", "--enabled", "never", "--persist", "--dry-run", "-o", "json", "--root", _tree.Path);

        Assert.Equal(0, code);
        var host = JsonDocument.Parse(output).RootElement.GetProperty("host");
        Assert.True(host.GetProperty("ok").GetBoolean());
        Assert.Equal(["enabled", "tmpfiles.d:enabled"], host.GetProperty("plan").GetProperty("changes").EnumerateArray().Select(c => c.GetProperty("item").GetString()));
        Assert.Contains("[madvise]", _tree.Read(HostTree.Enabled));
    }

    [Theory]
    [InlineData("status")]
    [InlineData("set", "transparent-hugepages", "--enabled", "never")]
    public async Task Host_LibvirtOfAnotherHost_IsRefused(params string[] line)
    {
        var (code, output, error) = await RunAsync(["host", .. line, "-c", "qemu+tls://host2/system"]);

        Assert.Equal((2, ""), (code, output));
        Assert.Contains("qemu+tls://host2/system is not the libvirt of this host: run guesttune on that host, or without -c for this one", error);
    }

    [Theory]
    [InlineData(1, "cpumask names no CPU that is online", "set", "kworker-isolation", "--cpus", "6-7")]
    [InlineData(2, "there is no setting '3M'", "set", "static-hugepages", "--pages", "3M=1")]
    [InlineData(2, "--cpus cannot be 'x'; it must be a cpu mask such as ff, or a list such as 0-7,9", "set", "kworker-isolation", "--cpus", "x")]
    [InlineData(2, "--enabled cannot be 'yes'; it must be one of always, madvise, never", "plan", "transparent-hugepages", "--enabled", "yes")]
    [InlineData(2, "no operation 'none' in the journal", "undo", "--operation", "none")]
    [InlineData(1, "there is no operation that can be undone", "undo")]
    public async Task Run_WhatIsWrong_IsTheExitStatus(int code, string message, params string[] arguments)
    {
        var run = await RunAsync(["host", .. arguments, "--root", _tree.Path]);

        Assert.Equal(code, run.ExitCode);
        Assert.Contains(message, run.Error);
    }

    [Fact]
    public async Task Run_NoSuchRoot_IsBadUsage()
    {
        var (code, _, error) = await RunAsync("host", "status", "--root", _tree.PathOf("/nowhere"));

        Assert.Equal(2, code);
        Assert.Contains("it must be an existing directory", error);
    }

    [Fact]
    public async Task Serve_HostCalls_AreCarriedOutThereAndAudited()
    {
        await using var fleet = await TestFleet.StartAsync();
        var log = new CapturedLog();
        await using var host = _tree.Open();
        await using var daemon = await RunningDaemon.StartAsync(fleet, log, host: host);

        var (code, output, error) = await RunAsync("host", "set", "halt-polling", "--halt-poll-ns", "0", "--operation-id", "op-9", "--controller", "unix://" + daemon.SocketPath);
        var refused = await RunAsync("host", "set", "kworker-isolation", "--cpus", "6-7", "--operation-id", "op-10", "--controller", "unix://" + daemon.SocketPath);
        var status = await RunAsync("host", "status", "--controller", "unix://" + daemon.SocketPath);

        Assert.Equal((0, ""), (code, error));
        Assert.Contains("host: halt-polling is absent", output);
        Assert.Equal("0\n", _tree.Read(HostTree.HaltPollNs));
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("halt-polling           absent", status.Out);
        var peer = $"for user {Libc.GetEffectiveUserId()}, process {Environment.ProcessId}";
        await log.WaitForAsync($"apply op-9 on the host (halt-polling halt_poll_ns=0) {peer}");
        await log.WaitForAsync("apply op-9 on the host ended: done");
        await log.WaitForAsync("apply op-10 on the host ended: FAILED_PRECONDITION: cpumask names no CPU that is online (0-5): kworkers would have none to run on");
    }

    [Fact]
    public async Task Set_StateInUse_SaysByWhom()
    {
        await using var other = _tree.Open();
        await other.HistoryAsync(new Agent.V1.HistoryRequest(), default);

        var (code, _, error) = await RunAsync("host", "set", "halt-polling", "--halt-poll-ns", "0", "--root", _tree.Path, "--state", _tree.PathOf("/state"));

        Assert.Equal(1, code);
        Assert.Contains("nothing was changed, since the journal cannot be used: another process uses", error);
    }
}
