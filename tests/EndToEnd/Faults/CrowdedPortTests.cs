using GuestTune.EndToEnd.Channel;
using GuestTune.EndToEnd.Guests;
using GuestTune.VirtioSerial;

namespace GuestTune.EndToEnd.Faults;

/// <summary>Others on the same port, before us, beside us, and very often.</summary>
[Collection(OneAtATime.Name)]
public sealed class CrowdedPortTests(GuestPool pool)
{
    private const int GarbageSizeBytes = 1 << 20;

    /// <summary>Only a guest that hangs takes so long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Attach_AfterAMegabyteOfGarbage_Works()
    {
        var guest = await pool.SecondAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        using (var other = await RawClient.ConnectAsync(guest.Vm.AgentSocket))
        {
            Assert.Equal(GarbageSizeBytes, await RawClient.WriteAsync(other, Garbage(), Patience));
        }

        (await cli.RunAsync("set", "haltpoll", "vm2", "--guest-halt-poll-ns", "400000")).ShouldEndWith(0);

        Assert.Equal("400000", await guest.ReadParameterAsync());
    }

    [Fact]
    public async Task Attach_AfterGarbageThatNobodyRead_Works()
    {
        var guest = await pool.SecondAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        await guest.Console.ReadAsync("kill -STOP $(cat /run/guesttune-agent.pid)");
        using (var other = await RawClient.ConnectAsync(guest.Vm.AgentSocket))
        {
            var taken = await RawClient.WriteAsync(other, Garbage(), TimeSpan.FromSeconds(1));
            Assert.InRange(taken, 1, GarbageSizeBytes);
        }

        await guest.Console.ReadAsync("kill -CONT $(cat /run/guesttune-agent.pid)");
        (await cli.RunAsync("set", "haltpoll", "vm2", "--guest-halt-poll-ns", "400000")).ShouldEndWith(0);

        Assert.Equal("400000", await guest.ReadParameterAsync());
    }

    [Fact]
    public async Task Set_TwoCommandsAtOnce_BothAreDone()
    {
        var guest = await pool.SecondAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        for (var round = 0; round < 5; round++)
        {
            var runs = await Task.WhenAll(
                cli.RunAsync("set", "haltpoll", "vm2", "--guest-halt-poll-ns", $"{310_000 + round}"),
                cli.RunAsync("set", "haltpoll", "vm2", "--guest-halt-poll-ns", $"{320_000 + round}"));

            Assert.All(runs, r => r.ShouldEndWith(0));
        }

        var operations = (await cli.RunJsonAsync("history", "vm2")).Vm("vm2")["operations"]!.AsArray();
        Assert.Equal(10, operations.Count);
        var newest = operations[0]!["outcomes"]!.AsArray().Single()!;
        Assert.Equal((string?)newest["read_back"], await guest.ReadParameterAsync());
    }

    [Fact]
    public async Task Attach_TwoHundredTimesUnderLoad_AlwaysWorksAndTheAgentStaysAsItWas()
    {
        var guest = await pool.SecondAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        (await cli.RunAsync("ping", "vm2")).ShouldEndWith(0);
        var pid = await guest.GetAgentPidAsync();
        await guest.Console.ReadAsync("(timeout 120 sh -c 'while :; do :; done' & echo $! >/run/load.pid) >/dev/null 2>&1");
        var descriptors = await CountDescriptorsAsync(guest);
        for (var cycle = 0; cycle < 200; cycle++)
        {
            if (cycle % 4 == 3)
            {
                // A program that dies: no word of goodbye.
                using var dying = await RawClient.ConnectAsync(guest.Vm.AgentSocket);
                await RawClient.WriteAsync(dying, Garbage().AsMemory(0, 100 + cycle), Patience);
                continue;
            }

            await using var session = await HostSession.AttachAsync(guest.Vm.AgentSocket, new SessionOptions { AttachTimeout = Patience }, CancellationToken.None);
            await session.PingAsync(CancellationToken.None).AsTask().WaitAsync(Patience);
        }

        await guest.Console.ExecuteAsync("kill $(cat /run/load.pid); killall timeout");
        (await cli.RunAsync("ping", "vm2", "--count", "100")).ShouldEndWith(0);

        Assert.Equal(pid, await guest.GetAgentPidAsync());
        Assert.InRange(await CountDescriptorsAsync(guest), 1, descriptors + 5);
    }

    private static byte[] Garbage()
    {
        var bytes = new byte[GarbageSizeBytes];
        new Random(4711).NextBytes(bytes);
        return bytes;
    }

    private static async Task<int> CountDescriptorsAsync(Guest guest) =>
        int.Parse(await guest.Console.ReadAsync("ls /proc/$(cat /run/guesttune-agent.pid)/fd | wc -l"));
}
