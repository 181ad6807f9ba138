using GuestTune.EndToEnd.Cli;
using GuestTune.EndToEnd.Guests;

namespace GuestTune.EndToEnd.Haltpoll;

/// <summary>Two guests side by side, chosen by name, pattern, label or all of them.</summary>
[Collection(OneAtATime.Name)]
public sealed class ManyVmsTests(GuestPool pool)
{
    [Fact]
    public async Task Vms_OfAnInventory_ListsNamesChannelsAndLabels()
    {
        var (first, second) = await GetBothAsync();
        using var cli = GuesttuneCli.For(first, second);

        var run = (await cli.RunJsonAsync("vms")).ShouldEndWith(0);

        Assert.Equal(first.Vm.AgentSocket, (string?)run.Vm("vm1")["channel"]);
        Assert.Equal("b", (string?)run.Vm("vm2")["labels"]!["team"]);
    }

    [Theory]
    [InlineData("400000", "400000", "--all")]
    [InlineData("400000", "400000", "vm1", "vm2")]
    [InlineData("400000", "400000", "vm[12]")]
    [InlineData("200000", "400000", "*2")]
    [InlineData("400000", "200000", "--label", "team=a")]
    public async Task Set_Selection_ReachesTheSelectedGuestsOnly(string expectedFirst, string expectedSecond, params string[] selection)
    {
        var (first, second) = await GetBothAsync();
        using var cli = GuesttuneCli.For(first, second);

        var run = (await cli.RunJsonAsync(["set", "haltpoll", "--guest-halt-poll-ns", "400000", .. selection])).ShouldEndWith(0);

        Assert.Equal(expectedFirst, await first.ReadParameterAsync());
        Assert.Equal(expectedSecond, await second.ReadParameterAsync());
        Assert.Equal(
            new[] { expectedFirst, expectedSecond }.Count(v => v == "400000"),
            run.Json["vms"]!.AsArray().Count);
    }

    [Fact]
    public async Task Set_OneOfTwoUnreachable_DoesTheOtherAndSaysWhich()
    {
        var first = await pool.FirstAsync();
        await first.CleanAsync();
        using var cli = GuesttuneCli.ForChannels(("vm1", first.Vm.AgentSocket), ("gone", "/nonexistent/agent.sock"));

        var run = (await cli.RunJsonAsync("set", "haltpoll", "--all", "--guest-halt-poll-ns", "400000")).ShouldEndWith(1);

        Assert.Equal("400000", await first.ReadParameterAsync());
        Assert.True((bool)run.Vm("vm1")["ok"]!);
        Assert.False((bool)run.Vm("gone")["ok"]!);
        Assert.Contains("/nonexistent/agent.sock", run.ErrorOf("gone"), StringComparison.Ordinal);
    }

    private async Task<(Guest First, Guest Second)> GetBothAsync()
    {
        var first = await pool.FirstAsync();
        var second = await pool.SecondAsync();
        await Task.WhenAll(first.CleanAsync(), second.CleanAsync());
        return (first, second);
    }
}
