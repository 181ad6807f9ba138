using GuestTune.EndToEnd.Channel;
using GuestTune.EndToEnd.Guests;

namespace GuestTune.EndToEnd.Idle;

/// <summary>An agent that has nothing to do does nothing: its threads are not even woken.</summary>
public sealed class IdleAgentTests(GuestPool pool)
{
    // Threads of the pool that have nothing to do end after 20 seconds, one after another.
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(50);
    private static readonly TimeSpan WatchTime = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Agent_NoHostAttached_IsNotWokenOnce()
    {
        var guest = await PrepareAsync();

        Assert.Equal("", await FindWakeUpsAsync(guest));
    }

    [Fact]
    public async Task Agent_HostAttachedAndSilent_IsNotWokenOnce()
    {
        var guest = await PrepareAsync();
        await using var session = await Http2Host.AttachAsync(guest.Vm.AgentSocket);

        Assert.Equal("", await FindWakeUpsAsync(guest));
        Assert.False(session.Ended.IsCompleted);
    }

    // As it is after work, not as it was never used: what a first call starts must come to rest too.
    private async Task<Guest> PrepareAsync()
    {
        var guest = await pool.SecondAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        (await cli.RunAsync("ping", "vm2", "--count", "50")).ShouldEndWith(0);
        return guest;
    }

    /// <summary>Every thread that was woken, and how often; a thread that was started or ended counts too.</summary>
    private static async Task<string> FindWakeUpsAsync(Guest guest)
    {
        await Task.Delay(SettleTime);
        var before = await guest.ReadContextSwitchesAsync();
        await Task.Delay(WatchTime);
        var after = await guest.ReadContextSwitchesAsync();
        return string.Join(", ", before.Keys.Union(after.Keys)
            .Select(t => (Thread: t, Count: after.GetValueOrDefault(t) - before.GetValueOrDefault(t)))
            .Where(t => t.Count != 0)
            .Select(t => $"{t.Thread}: {t.Count}"));
    }
}
