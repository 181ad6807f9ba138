using GuestTune.EndToEnd.Guests;

namespace GuestTune.EndToEnd.Haltpoll;

/// <summary>"set haltpoll" changes what the guest's kernel holds, and nothing else.</summary>
[Collection(OneAtATime.Name)]
public sealed class SetTests(GuestPool pool)
{
    [Fact]
    public async Task Set_OneParameter_TheKernelHoldsItAndTheRestIsAsItWas()
    {
        var guest = await pool.FirstAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();

        var run = (await cli.RunJsonAsync("set", "haltpoll", "vm1", "--guest-halt-poll-ns", "400000")).ShouldEndWith(0);

        Assert.Equal("400000", await guest.ReadParameterAsync());
        Assert.Equal("2", await guest.ReadParameterAsync("guest_halt_poll_grow"));
        Assert.Equal("done", (string?)run.Vm("vm1")["operation"]!["state"]);
        var outcome = run.Vm("vm1")["operation"]!["outcomes"]!.AsArray().Single()!;
        Assert.Equal("guest_halt_poll_ns", (string?)outcome["item"]);
        Assert.Equal("200000", (string?)outcome["before"]);
        Assert.Equal("400000", (string?)outcome["read_back"]);
        Assert.Equal("verified", (string?)outcome["state"]);
    }

    [Fact]
    public async Task Set_AllFive_TheKernelHoldsAllFive()
    {
        var guest = await pool.FirstAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();

        (await cli.RunAsync(
            "set", "haltpoll", "vm1", "--guest-halt-poll-ns", "123456", "--grow", "3", "--shrink", "4", "--grow-start", "60000",
            "--allow-shrink", "false")).ShouldEndWith(0);

        Assert.Equal("123456", await guest.ReadParameterAsync("guest_halt_poll_ns"));
        Assert.Equal("3", await guest.ReadParameterAsync("guest_halt_poll_grow"));
        Assert.Equal("4", await guest.ReadParameterAsync("guest_halt_poll_shrink"));
        Assert.Equal("60000", await guest.ReadParameterAsync("guest_halt_poll_grow_start"));
        Assert.Equal("N", await guest.ReadParameterAsync("guest_halt_poll_allow_shrink"));
    }

    [Fact]
    public async Task Set_DryRun_SaysWhatItWouldDoAndDoesNothing()
    {
        var guest = await pool.FirstAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();

        var run = (await cli.RunJsonAsync("set", "haltpoll", "vm1", "--guest-halt-poll-ns", "400000", "--dry-run")).ShouldEndWith(0);

        var change = run.Vm("vm1")["plan"]!["changes"]!.AsArray().Single()!;
        Assert.Equal("400000", (string?)change["after"]);
        Assert.Equal("200000", await guest.ReadParameterAsync());
        Assert.Empty((await cli.RunJsonAsync("history", "vm1")).Vm("vm1")["operations"]!.AsArray());
    }

    [Fact]
    public async Task Set_WhatIsSetAlready_ChangesNothingAndSaysSo()
    {
        var guest = await pool.FirstAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        (await cli.RunAsync("set", "haltpoll", "vm1", "--guest-halt-poll-ns", "400000")).ShouldEndWith(0);

        var run = (await cli.RunJsonAsync("set", "haltpoll", "vm1", "--guest-halt-poll-ns", "400000")).ShouldEndWith(0);

        Assert.Equal("unchanged", (string?)run.Vm("vm1")["operation"]!["state"]);
    }

    [Fact]
    public async Task Undo_AfterTwoSets_GoesBackStepByStep()
    {
        var guest = await pool.FirstAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        (await cli.RunAsync("set", "haltpoll", "vm1", "--guest-halt-poll-ns", "400000")).ShouldEndWith(0);
        (await cli.RunAsync("set", "haltpoll", "vm1", "--guest-halt-poll-ns", "300000", "--grow", "3")).ShouldEndWith(0);

        (await cli.RunAsync("undo", "vm1")).ShouldEndWith(0);
        Assert.Equal("400000", await guest.ReadParameterAsync());
        Assert.Equal("2", await guest.ReadParameterAsync("guest_halt_poll_grow"));

        (await cli.RunAsync("undo", "vm1")).ShouldEndWith(0);
        Assert.Equal("200000", await guest.ReadParameterAsync());

        var nothingLeft = await cli.RunJsonAsync("undo", "vm1");
        Assert.Equal(1, nothingLeft.ExitCode);
    }

    [Fact]
    public async Task Undo_ByOperationId_UndoesThatOne()
    {
        var guest = await pool.FirstAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        var first = (await cli.RunJsonAsync("set", "haltpoll", "vm1", "--grow", "5")).ShouldEndWith(0);
        (await cli.RunAsync("set", "haltpoll", "vm1", "--guest-halt-poll-ns", "300000")).ShouldEndWith(0);

        (await cli.RunAsync("undo", "vm1", "--operation", (string)first.Vm("vm1")["operation"]!["operation_id"]!)).ShouldEndWith(0);

        Assert.Equal("2", await guest.ReadParameterAsync("guest_halt_poll_grow"));
        Assert.Equal("300000", await guest.ReadParameterAsync());
    }

    [Fact]
    public async Task Undo_AfterTheAgentWasKilled_KnowsTheFormerValueFromItsJournal()
    {
        var guest = await pool.FirstAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        (await cli.RunAsync("set", "haltpoll", "vm1", "--guest-halt-poll-ns", "400000")).ShouldEndWith(0);

        await guest.KillAgentAsync();
        (await cli.RunAsync("undo", "vm1")).ShouldEndWith(0);

        Assert.Equal("200000", await guest.ReadParameterAsync());
    }

    [Fact]
    public async Task History_AfterSetAndUndo_TellsBothNewestFirst()
    {
        var guest = await pool.FirstAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        (await cli.RunAsync("set", "haltpoll", "vm1", "--guest-halt-poll-ns", "400000")).ShouldEndWith(0);
        (await cli.RunAsync("undo", "vm1")).ShouldEndWith(0);

        var operations = (await cli.RunJsonAsync("history", "vm1")).ShouldEndWith(0).Vm("vm1")["operations"]!.AsArray();

        Assert.Equal(["undo", "apply"], operations.Select(o => (string?)o!["kind"]));
        Assert.Equal("undone", (string?)operations[1]!["state"]);
        Assert.Equal((string?)operations[1]!["operation_id"], (string?)operations[0]!["related_operation_id"]);
    }
}
