using GuestTune.EndToEnd.Channel;
using GuestTune.EndToEnd.Guests;

namespace GuestTune.EndToEnd.Idle;

/// <summary>An agent that has nothing to do does nothing: its threads are not even woken, but for what the runtime does by itself.</summary>
[Collection(OneAtATime.Name)]
public sealed class IdleAgentTests(GuestPool pool)
{
    private static readonly TimeSpan WatchTime = TimeSpan.FromSeconds(20);

    // Threads of the pool that have nothing to do end after 20 seconds, one after another.
    private const int MostWatches = 15;

    [Fact]
    public async Task Agent_NoHostAttached_IsWokenByTheRuntimeAlone()
    {
        var guest = await PrepareAsync();

        // The runtime's finalizer thread waits with a time limit of ten seconds (WaitForFinalizerEvent in finalizerthread.cpp), which nothing can change.
        await WatchUntilAsync(guest, wakeUps => wakeUps is [{ Count: > 0 and <= 3 } only] && only.Thread.EndsWith(".NET Finalizer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Agent_HostAttachedAndSilent_IsWokenNoMoreThanTenTimesASecond()
    {
        var guest = await PrepareAsync();
        await using var session = await Http2Host.AttachAsync(guest.Vm.AgentSocket);

        // Kestrel's heartbeat, once a second over a few threads. Ten a second is what qemu-ga takes for ever without a host.
        await WatchUntilAsync(guest, wakeUps => wakeUps.Sum(w => w.Count) <= 10 * WatchTime.TotalSeconds);
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

    /// <summary>Until it has come to rest, and is still so after as much time again.</summary>
    private static async Task WatchUntilAsync(Guest guest, Func<IReadOnlyList<(string Thread, long Count)>, bool> isAtRest)
    {
        IReadOnlyList<(string Thread, long Count)> wakeUps = [];
        for (var (watch, atRest) = (0, 0); watch < MostWatches; watch++)
        {
            wakeUps = await FindWakeUpsAsync(guest);
            atRest = isAtRest(wakeUps) ? atRest + 1 : 0;
            if (atRest == 2)
            {
                return;
            }
        }

        Assert.Fail($"it never came to rest: {string.Join(", ", wakeUps)}");
    }

    /// <summary>Every thread that was woken, and how often; a thread that was started or ended counts too.</summary>
    private static async Task<IReadOnlyList<(string Thread, long Count)>> FindWakeUpsAsync(Guest guest)
    {
        var before = await guest.ReadContextSwitchesAsync();
        await Task.Delay(WatchTime);
        var after = await guest.ReadContextSwitchesAsync();
        return before.Keys.Union(after.Keys)
            .Select(t => (Thread: t, Count: after.GetValueOrDefault(t) - before.GetValueOrDefault(t)))
            .Where(t => t.Count != 0)
            .ToList();
    }
}
