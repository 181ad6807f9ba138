using System.Text.Json;
using GuestTune.Agent.V1;
using GuestTune.Controller.Channel;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.HostController.Tests.HostPractices;
using GuestTune.Practice.V1;

namespace GuestTune.HostController.Tests.Check;

public sealed class CheckCommandTests : IDisposable
{
    private readonly HostTree _tree = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public async Task Check_HostDomainsAndGuests_AreOneAudit()
    {
        await using var fleet = await TestFleet.StartAsync("vm1");
        fleet.Vms[0].Agent.Forge = answer => answer is ObserveResponse
            ? new ObserveResponse { Observations = { new Observation { Practice = "guest-idle-haltpoll", Verdict = Verdict.Configured, Reason = "no driver" }, new Observation { Practice = "kernel-arguments", Verdict = Verdict.Absent } } }
            : answer;
        await using var host = _tree.Open();
        await using var daemon = await RunningDaemon.StartAsync(fleet, new CapturedLog(), host: host);

        var (code, output, error) = await Fakes.Cli.RunAsync("check", "--controller", "unix://" + daemon.SocketPath);

        Assert.Equal((1, ""), (code, error));
        Assert.Matches("(?m)^WHERE +PRACTICE +VERDICT +WHY +WHAT TO DO$", output);
        Assert.Matches(@"(?m)^host +kworker-isolation +absent +kworkers may run on all CPUs \(0-5\) +guesttune --controller unix:///\S+ host set kworker-isolation --cpus 0-0 --persist$", output);
        Assert.Matches(@"(?m)^domain test +iothreads +absent +.* guesttune --controller unix:///\S+ vm set iothreads test --auto true$", output);
        Assert.Matches(@"(?m)^guest vm1 +guest-idle-haltpoll +configured +no driver +guesttune --controller unix:///\S+ set haltpoll vm1 --force-driver true --reboot$", output);
        Assert.DoesNotContain("halt-polling", output);
        Assert.DoesNotContain("kernel-arguments", output);
        Assert.Matches(@"(?m)^\d+ of \d+ are as expected \(--intent dedicated\)$", output);

        var json = await Fakes.Cli.RunAsync("check", "--no-guests", "--intent", "overcommit", "-o", "json", "--controller", "unix://" + daemon.SocketPath);
        var root = JsonDocument.Parse(json.Out).RootElement;
        Assert.Equal("overcommit", root.GetProperty("intent").GetString());
        Assert.Equal(json.ExitCode, root.GetProperty("exit_code").GetInt32());
        var findings = root.GetProperty("findings").EnumerateArray().ToArray();
        var isolation = Assert.Single(findings, f => f.GetProperty("practice").GetString() == "kworker-isolation" && f.GetProperty("ok").GetBoolean());
        Assert.Contains(isolation.GetProperty("facts").EnumerateArray(), f => f.GetProperty("source").GetString() == "/sys/devices/virtual/workqueue/cpumask");
        Assert.DoesNotContain(findings, f => f.GetProperty("place").GetString() == "guest");
    }

    [Fact]
    public async Task Check_GuestWithoutAnswer_IsAFindingAndNoSuccess()
    {
        await using var fleet = await TestFleet.StartAsync();
        fleet.Further.Add(new GuestTune.Controller.Inventory.VmEntry("vm9", "inventory", new SocketChannel(fleet.PathOf("nobody.sock")), new Dictionary<string, string>(StringComparer.Ordinal)));
        await using var host = _tree.Open();
        await using var daemon = await RunningDaemon.StartAsync(fleet, new CapturedLog(), host: host);

        var (code, output, _) = await Fakes.Cli.RunAsync("check", "--controller", "unix://" + daemon.SocketPath);

        Assert.Equal(1, code);
        Assert.Matches("(?m)^guest vm9 +- +not asked +.*nobody.sock", output);
    }

    [Fact]
    public async Task Check_NamedVm_IsTheOnlyOneBesideTheHost()
    {
        await using var fleet = await TestFleet.StartAsync("vm1", "vm2");
        await using var host = _tree.Open();
        await using var daemon = await RunningDaemon.StartAsync(fleet, new CapturedLog(), host: host);

        var (_, output, _) = await Fakes.Cli.RunAsync("check", "vm2", "--everything", "--controller", "unix://" + daemon.SocketPath);

        Assert.Matches("(?m)^guest vm2 +guest-idle-haltpoll", output);
        Assert.Matches("(?m)^domain +- +not asked +.*vm2", output);
        Assert.DoesNotContain("guest vm1", output);
        Assert.DoesNotContain("domain test ", output);
    }

    [Fact]
    public async Task Check_LibvirtOfAnotherHost_LeavesThisHostOut()
    {
        Assert.SkipUnless(System.Runtime.InteropServices.NativeLibrary.TryLoad("libvirt.so.0", out _), "libvirt.so.0 is not installed");
        using var state = new TemporaryDirectory();
        var uri = LibvirtNode.Create(state);
        string[] line = ["check", "--no-guests", "-c", uri, "--state", state.PathOf("state")];

        var (_, output, _) = await Fakes.Cli.RunAsync(line);

        Assert.DoesNotMatch("(?m)^host ", output.Replace("host left out", "", StringComparison.Ordinal));
        Assert.Matches($"(?m)^domain test +iothreads .* guesttune -c {uri} vm set iothreads test --auto true$", output);
        Assert.Matches($"(?m)^host left out: practices of a host are files of it, and {uri} is not the libvirt of this host: run guesttune on that host, or without -c for this one$", output);

        var root = JsonDocument.Parse((await Fakes.Cli.RunAsync([.. line, "-o", "json"])).Out).RootElement;
        Assert.Contains(uri, root.GetProperty("host_left_out").GetString());
        Assert.DoesNotContain(root.GetProperty("findings").EnumerateArray(), f => f.GetProperty("place").GetString() == "host");
    }

    [Fact]
    public async Task Check_WrongIntent_IsBadUsage()
    {
        var (code, _, error) = await Fakes.Cli.RunAsync("check", "--intent", "1");

        Assert.Equal(2, code);
        Assert.Contains("--intent cannot be '1'; it must be dedicated or overcommit", error);
    }
}
