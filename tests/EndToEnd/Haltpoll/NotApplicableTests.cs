using GuestTune.EndToEnd.Guests;

namespace GuestTune.EndToEnd.Haltpoll;

/// <summary>A kernel without haltpoll: said with the reason, and never an attempt.</summary>
[Collection(OneAtATime.Name)]
public sealed class NotApplicableTests(GuestPool pool)
{
    [Fact]
    public async Task Get_KernelWithoutHaltpoll_IsNotApplicableAndSaysWhy()
    {
        var guest = await pool.PlainAsync();
        using var cli = guest.NewCli();

        var run = (await cli.RunJsonAsync("get", "haltpoll", "plain")).ShouldEndWith(0);

        var observation = run.Vm("plain")["observations"]!.AsArray().Single()!;
        Assert.Equal("not-applicable", (string?)observation["verdict"]);
        Assert.Contains(await guest.Console.ReadAsync("uname -r"), (string?)observation["reason"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Set_KernelWithoutHaltpoll_FailsWithTheReason()
    {
        var guest = await pool.PlainAsync();
        using var cli = guest.NewCli();

        var run = (await cli.RunJsonAsync("set", "haltpoll", "plain", "--guest-halt-poll-ns", "400000")).ShouldEndWith(1);

        Assert.Equal("FAILED_PRECONDITION", run.ErrorCodeOf("plain"));
        Assert.Contains("not applicable", run.ErrorOf("plain"), StringComparison.Ordinal);
        Assert.Empty((await cli.RunJsonAsync("history", "plain")).Vm("plain")["operations"]!.AsArray());
    }

    [Fact]
    public async Task Info_KernelWithoutHaltpoll_ListsThePracticeAsUnsupportedWithTheReason()
    {
        var guest = await pool.PlainAsync();
        using var cli = guest.NewCli();

        var info = (await cli.RunJsonAsync("info", "plain")).ShouldEndWith(0).Vm("plain")["info"]!;

        var practice = info["practices"]!.AsArray().Single(p => (string?)p!["practice"] == "guest-idle-haltpoll")!;
        Assert.False((bool)practice["supported"]!);
        Assert.NotEmpty((string?)practice["reason"] ?? "");
    }
}
