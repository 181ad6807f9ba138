using GuestTune.EndToEnd.Guests;

namespace GuestTune.EndToEnd.Faults;

/// <summary>A program that dies in the middle of a call leaves neither a change without a record nor a channel that hangs.</summary>
/// <remarks>
/// "In the middle" is made certain by freezing the file system of the agent's journal (FIFREEZE): Apply writes there before it changes anything.
/// </remarks>
[Collection(OneAtATime.Name)]
public sealed class KilledProgramTests(GuestPool pool)
{
    [Fact]
    public async Task Set_CliKilledInTheMiddle_TheNextCallWorksAtOnceAndTheOperationIsDoneOnce()
    {
        var guest = await pool.FirstAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        (await cli.RunAsync("ping", "vm1")).ShouldEndWith(0);

        await FreezeAsync(guest);
        await using (var running = await cli.StartAsync("set", "haltpoll", "vm1", "--guest-halt-poll-ns", "400000"))
        {
            await WaitUntilAgentIsBlockedAsync(guest);
            Assert.False(running.HasEnded);
            running.Kill();
        }

        await ThawAsync(guest);
        (await cli.RunJsonAsync("get", "haltpoll", "vm1")).ShouldEndWith(0);

        await Eventually.IsAsync("400000", () => guest.ReadParameterAsync());
        var operations = (await cli.RunJsonAsync("history", "vm1")).Vm("vm1")["operations"]!.AsArray();
        var operation = Assert.Single(operations)!;
        Assert.Equal("done", (string?)operation["state"]);
    }

    [Fact]
    public async Task Set_SameOperationIdAgain_GivesTheFirstAnswerAndChangesNothing()
    {
        var guest = await pool.FirstAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        string[] set = ["set", "haltpoll", "vm1", "--guest-halt-poll-ns", "400000", "--operation-id", "nightly-1"];
        (await cli.RunAsync(set)).ShouldEndWith(0);
        await guest.Console.ReadAsync($"echo 222222 >{Guest.Parameters}/guest_halt_poll_ns");

        var again = (await cli.RunJsonAsync(set)).ShouldEndWith(0);

        Assert.True((bool)again.Vm("vm1")["repeated_answer"]!);
        Assert.Equal("222222", await guest.ReadParameterAsync());
        Assert.Single((await cli.RunJsonAsync("history", "vm1")).Vm("vm1")["operations"]!.AsArray());
    }

    [Fact]
    public async Task Set_AgentKilledInTheMiddle_IsEitherDoneOnceOrNotAtAllAndTheRecordSaysWhich()
    {
        var guest = await pool.FirstAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        var before = await guest.GetAgentPidAsync();

        await FreezeAsync(guest);
        await using var running = await cli.StartAsync("set", "haltpoll", "vm1", "--guest-halt-poll-ns", "400000", "-o", "json");
        await WaitUntilAgentIsBlockedAsync(guest);
        await guest.KillAgentAsync();
        await ThawAsync(guest);
        var run = await running.WaitAsync();

        Assert.True(run.ExitCode is 0 or 1, $"{run.ExitCode}: {run.Output}{run.Error}");
        (await cli.RunAsync("ping", "vm1")).ShouldEndWith(0);
        Assert.NotEqual(before, await guest.GetAgentPidAsync());
        var operations = (await cli.RunJsonAsync("history", "vm1")).Vm("vm1")["operations"]!.AsArray();
        Assert.True(operations.Count <= 1, operations.ToJsonString());
        var done = operations.Count == 1 && (string?)operations[0]!["state"] == "done";
        Assert.Equal(done ? "400000" : "200000", await guest.ReadParameterAsync());
        Assert.Equal(done ? 0 : 1, run.ExitCode);
    }

    [Fact]
    public async Task Ping_AgentKilledInTheMiddle_EndsAndTheNextCallReachesTheNewAgent()
    {
        var guest = await pool.SecondAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();

        await using var running = await cli.StartAsync("ping", "vm2", "--count", "10000", "--timeout", "60");
        await Task.Delay(2000);
        Assert.False(running.HasEnded);
        await guest.KillAgentAsync();
        var run = await running.WaitAsync();

        Assert.InRange(run.Took.TotalSeconds, 0, 300);
        (await cli.RunAsync("ping", "vm2")).ShouldEndWith(0);
    }

    [Fact]
    public async Task Set_CliKilledAtAnyMoment_LeavesEveryOperationWholeAndTheChannelUsable()
    {
        var guest = await pool.SecondAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        var random = new Random(20_240_607);
        for (var round = 0; round < 10; round++)
        {
            await using var running = await cli.StartAsync("set", "haltpoll", "vm2", "--guest-halt-poll-ns", (300_000 + round).ToString());
            await Task.Delay(random.Next(50, 400));
            running.Kill();
        }

        (await cli.RunJsonAsync("set", "haltpoll", "vm2", "--guest-halt-poll-ns", "400000")).ShouldEndWith(0);

        Assert.Equal("400000", await guest.ReadParameterAsync());
        var operations = (await cli.RunJsonAsync("history", "vm2")).Vm("vm2")["operations"]!.AsArray();
        Assert.All(operations, o => Assert.Contains((string?)o!["state"], new[] { "done", "unchanged" }));
        Assert.Equal(operations.Count, operations.Select(o => (string?)o!["operation_id"]).Distinct().Count());
    }

    private static Task<string> FreezeAsync(Guest guest) => guest.Console.ReadAsync("sync; fsfreeze --freeze /disk");

    private static Task<string> ThawAsync(Guest guest) => guest.Console.ReadAsync("fsfreeze --unfreeze /disk");

    // A thread that waits for the file system is in state D.
    private static Task WaitUntilAgentIsBlockedAsync(Guest guest) => Eventually.IsAsync(
        "yes",
        () => guest.Console.ReadAsync("grep -q '^State:.D' /proc/$(cat /run/guesttune-agent.pid)/task/*/status && echo yes || echo no"));
}
