using System.Text.Json;
using GuestTune.HostController.Tests.Fakes;

namespace GuestTune.HostController.Tests.Domains;

/// <summary>The command line, in this process and by a daemon, over the domain of libvirt's test driver.</summary>
public sealed class VmCommandTests
{
    public VmCommandTests() =>
        Assert.SkipUnless(System.Runtime.InteropServices.NativeLibrary.TryLoad("libvirt.so.0", out _), "libvirt.so.0 is not installed");

    [Fact]
    public async Task Plan_InThisProcess_ShowsWhenEachChangeCountsAndTheDefinitionAsADiff()
    {
        using var state = new TemporaryDirectory();

        var (code, output, error) = await Fakes.Cli.RunAsync("vm", "plan", "iothreads", "test", "--count", "1", "--pin", "1=0-3", "-c", LibvirtNode.Create(state), "--state", state.PathOf("state"), "--timeout", "300");

        Assert.Equal((0, ""), (code, error));
        Assert.Matches("xml:iothreads/text\\(\\) +- +1 +after-power-cycle +test of test:///\\S+ \\(definition [0-9a-f]{12}\\)", output);
        Assert.Matches("live:iothreadpin/1 +- +0-3 +now", output);
        Assert.Contains("+  <iothreads>1</iothreads>", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vm set iothreads test --count 300", "--count cannot be '300'")]
    [InlineData("vm set iothreads test --assign vda", "--assign cannot be 'vda'")]
    [InlineData("vm set vtpm test --tpm-version 3.0", "it must be one of 2.0, 1.2")]
    [InlineData("vm set iothreads tests --count 1", "there is no VM 'tests'")]
    public async Task Set_WrongInput_IsRefusedBeforeAnything(string line, string reason)
    {
        using var state = new TemporaryDirectory();

        var (code, _, error) = await Fakes.Cli.RunAsync([.. line.Split(' '), "-c", LibvirtNode.Create(state), "--state", state.PathOf("state")]);

        Assert.Equal(2, code);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SetAndUndo_ByTheDaemon_AnswerAsInThisProcessAndAreLogged()
    {
        await using var fleet = await TestFleet.StartAsync();
        var log = new CapturedLog();
        await using var daemon = await RunningDaemon.StartAsync(fleet, log);
        string[] there = ["--controller", $"unix://{daemon.SocketPath}", "--timeout", "300", "-o", "json"];

        var set = await Fakes.Cli.RunAsync(["vm", "set", "iothreads", "test", "--count", "1", "--operation-id", "o1", .. there]);
        var undo = await Fakes.Cli.RunAsync(["vm", "undo", "test", "--operation-id", "u1", .. there]);
        var history = await Fakes.Cli.RunAsync(["vm", "history", "test", .. there]);

        Assert.Equal((0, 0, 0), (set.ExitCode, undo.ExitCode, history.ExitCode));
        Assert.Equal("done", JsonDocument.Parse(set.Out).RootElement.GetProperty("vms")[0].GetProperty("operation").GetProperty("state").GetString());
        Assert.Equal("absent", JsonDocument.Parse(undo.Out).RootElement.GetProperty("vms")[0].GetProperty("observation").GetProperty("verdict").GetString());
        Assert.Equal(2, JsonDocument.Parse(history.Out).RootElement.GetProperty("vms")[0].GetProperty("operations").GetArrayLength());
        Assert.Contains(log.Lines, static l => l.StartsWith("vm set o1 on 1 VM (iothreads count=1 persist)", StringComparison.Ordinal));
        Assert.Contains(log.Lines, static l => l.StartsWith("vm undo u1 on 1 VM ended: 1 done", StringComparison.Ordinal));
    }
}
