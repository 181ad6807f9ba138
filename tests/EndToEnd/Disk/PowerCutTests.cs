using System.Diagnostics;
using GuestTune.EndToEnd.Cli;
using GuestTune.Testing;

namespace GuestTune.EndToEnd.Disk;

/// <summary>QEMU killed at random moments while boot files change: each file is whole, old or new; the agent that starts next settles which, and the journal says the same.</summary>
/// <remarks>What the guest's kernel had not written yet is lost; a disk that loses its own cache is not simulated.</remarks>
public sealed class PowerCutTests
{
    private const int Rounds = 20;
    private const int AtOnce = 2;
    private const string DropIn = "etc/default/grub.d/zz-guesttune.cfg";

    private static readonly string[] Set = ["set", "haltpoll", DebianGuest.Name, "--force-driver", "true"];

    [Fact]
    public async Task Set_PowerCutAtAnyMoment_EveryFileIsWholeAndTheJournalTellsWhich()
    {
        var (before, after, took) = await ReadWholeChangeAsync();
        var random = new Random(20_261_122);
        var moments = Enumerable.Range(0, Rounds).Select(_ => took * random.NextDouble()).ToList();

        await Parallel.ForEachAsync(
            moments, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (moment, _) => await CutAsync(moment, before, after));
    }

    /// <summary>The files before and after a change that nothing disturbs, and how long it takes.</summary>
    private static async Task<(string Before, string After, TimeSpan Took)> ReadWholeChangeAsync()
    {
        await using var guest = await DebianGuest.StartAsync();
        using var cli = guest.NewCli();
        var before = await ReadFilesAsync(guest.Console, "/");
        var begun = Stopwatch.GetTimestamp();
        (await cli.RunAsync(Set)).ShouldEndWith(0);
        return (before, await ReadFilesAsync(guest.Console, "/"), Stopwatch.GetElapsedTime(begun));
    }

    private static async Task CutAsync(TimeSpan moment, string before, string after)
    {
        await using var guest = await DebianGuest.StartAsync();
        using var cli = guest.NewCli();
        await using (await cli.StartAsync(Set))
        {
            await Task.Delay(moment);
            await guest.Vm.CutPowerAsync();
        }

        await using var inspector = await DiskInspection.BootAsync("inspector", guest.Vm.Folder.Overlay);
        var found = await ReadFilesAsync(inspector.Console, DiskInspection.Root);
        Assert.All(found.Split('\n'), file => Assert.Contains(file, before.Split('\n').Concat(after.Split('\n'))));

        await inspector.Console.ReadAsync($"rm {DiskInspection.AgentHold}");
        await inspector.WaitForAgentAsync();
        using var cliAfter = GuesttuneCli.ForBusyGuest(DebianGuest.Name, inspector.AgentSocket);
        var history = (await cliAfter.RunJsonAsync("history", DebianGuest.Name)).ShouldEndWith(0);
        var operations = history.Vm(DebianGuest.Name)["operations"]!.AsArray();
        var done = operations.Count == 1 && (string?)operations[0]!["state"] == "done";
        Assert.Equal(done ? after : before, await ReadFilesAsync(inspector.Console, DiskInspection.Root));
        Assert.Equal("", await inspector.Console.ReadAsync($"ls {DiskInspection.Root}/var/lib/guesttune/boot-change 2>/dev/null; true"));
    }

    /// <summary>A line for each file: its name with the sum of its content, or that it is missing.</summary>
    private static Task<string> ReadFilesAsync(GuestConsole console, string root) => console.ReadAsync(
        $"cd {root}; for f in etc/default/grub {DropIn} boot/grub/grub.cfg; do if [ -e $f ]; then echo \"$f $(md5sum <$f)\"; else echo \"$f is missing\"; fi; done");
}
