using GuestTune.EndToEnd.Channel;
using GuestTune.EndToEnd.Guests;

namespace GuestTune.EndToEnd.Faults;

/// <summary>A guest that stands still or starts anew: calls end by their time limit, and the next one works.</summary>
[Collection(OneAtATime.Name)]
public sealed class StoppedVmTests(GuestPool pool)
{
    [Fact]
    public async Task Pause_SixtySeconds_TheSessionLivesAndACallWithTimeEnoughCompletes()
    {
        var first = await pool.FirstAsync();
        var second = await pool.SecondAsync();
        await Task.WhenAll(first.CleanAsync(), second.CleanAsync());
        using var cli = first.NewCli();
        await using var session = await Http2Host.AttachAsync(second.Vm.AgentSocket);

        await Task.WhenAll(first.Vm.PauseAsync(), second.Vm.PauseAsync());
        await using var patient = await cli.StartAsync("set", "haltpoll", "vm1", "--guest-halt-poll-ns", "400000");
        await Task.Delay(TimeSpan.FromSeconds(60));
        Assert.False(patient.HasEnded);
        Assert.False(session.Ended.IsCompleted);
        await Task.WhenAll(first.Vm.ResumeAsync(), second.Vm.ResumeAsync());

        (await patient.WaitAsync()).ShouldEndWith(0);
        Assert.Equal("400000", await first.ReadParameterAsync());
        await session.PingAsync(CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromMinutes(2));
        Assert.False(session.Ended.IsCompleted);
    }

    [Fact]
    public async Task Pause_CallWithAShortLimit_EndsAtItsLimitAndTheNextCallWorksAfterwards()
    {
        var guest = await pool.SecondAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();

        await guest.Vm.PauseAsync();
        var run = await cli.RunJsonAsync("get", "haltpoll", "vm2", "--timeout", "3");
        await guest.Vm.ResumeAsync();

        run.ShouldEndWith(3);
        Assert.InRange(run.Took.TotalSeconds, 3, 60);
        Assert.Contains(guest.Vm.AgentSocket, run.ErrorOf("vm2"), StringComparison.Ordinal);
        (await cli.RunAsync("get", "haltpoll", "vm2")).ShouldEndWith(0);
    }

    [Fact]
    public async Task Reset_InTheMiddleOfACall_TheCallEndsAndTheNextOneReachesTheNewBoot()
    {
        var guest = await pool.SecondAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        var before = guest.Vm.BootId;
        await using var running = await cli.StartAsync("ping", "vm2", "--count", "10000", "--timeout", "60");
        await Task.Delay(2000);

        await guest.Vm.ResetAsync();
        await guest.Vm.WaitForAgentAsync();
        await running.WaitAsync();

        var info = (await cli.RunJsonAsync("info", "vm2")).ShouldEndWith(0).Vm("vm2")["info"]!;
        Assert.NotEqual(before, (string?)info["boot_id"]);
        Assert.Equal(guest.Vm.BootId, (string?)info["boot_id"]);
    }

    [Fact]
    public async Task Reset_AfterASet_TheJournalIsWholeAndTheSetWasNotPersistent()
    {
        var guest = await pool.FirstAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        (await cli.RunAsync("set", "haltpoll", "vm1", "--guest-halt-poll-ns", "400000")).ShouldEndWith(0);

        await guest.Vm.ResetAsync();
        await guest.Vm.WaitForAgentAsync();

        Assert.Equal("200000", await guest.ReadParameterAsync());
        var operation = Assert.Single((await cli.RunJsonAsync("history", "vm1")).ShouldEndWith(0).Vm("vm1")["operations"]!.AsArray())!;
        Assert.Equal("done", (string?)operation["state"]);
    }
}
