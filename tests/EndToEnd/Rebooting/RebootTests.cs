using GuestTune.EndToEnd.Cli;
using GuestTune.EndToEnd.Guests;
using GuestTune.Testing;

namespace GuestTune.EndToEnd.Rebooting;

/// <summary>A guest without systemd is restarted by its kernel, once for each operation id, whoever dies meanwhile.</summary>
[Collection(OneAtATime.Name)]
public sealed class RebootTests
{
    [Fact]
    public async Task Reboot_GuestWithoutSystemd_IsBackInAnotherBootAndTheSameIdRestartsNothing()
    {
        await using var guest = await GuestPool.BootOwnAsync(new TestVmOptions { Name = "vm1", HasDisk = true });
        using var cli = guest.NewCli();
        var before = guest.Vm.BootId;

        var first = (await RebootAsync(cli, "r1")).ShouldEndWith(0).Vm("vm1")["reboot"]!;

        var after = await guest.Console.ReadAsync("cat /proc/sys/kernel/random/boot_id");
        Assert.Equal(("restarted", before, after), ((string?)first["outcome"], (string?)first["boot_id_before"], (string?)first["boot_id"]));
        Assert.NotEqual(before, after);

        var again = (await RebootAsync(cli, "r1")).ShouldEndWith(0).Vm("vm1")["reboot"]!;

        Assert.Equal((before, after), ((string?)again["boot_id_before"], (string?)again["boot_id"]));
        Assert.Equal(after, await guest.Console.ReadAsync("cat /proc/sys/kernel/random/boot_id"));
    }

    [Fact]
    public async Task Reboot_CommandKilledInTheMiddle_SameIdGoesOnAndRestartsNoSecondTime()
    {
        await using var guest = await GuestPool.BootOwnAsync(new TestVmOptions { Name = "vm1", HasDisk = true });
        using var cli = guest.NewCli();
        var before = guest.Vm.BootId;
        // Not by the guest's console: a restart may come while it is asked, and then it has no answer.
        var restarted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        guest.Vm.Qmp.OnEvent = (name, _) =>
        {
            if (name == "RESET")
            {
                restarted.TrySetResult();
            }
        };
        await using (var killed = await cli.StartAsync([.. Arguments(cli, "r1")]))
        {
            await restarted.Task.WaitAsync(TimeSpan.FromMinutes(6));
            killed.Kill();
        }

        var resumed = (await RebootAsync(cli, "r1")).ShouldEndWith(0).Vm("vm1")["reboot"]!;

        Assert.Equal(before, (string?)resumed["boot_id_before"]);
        Assert.Equal((string?)resumed["boot_id"], await guest.Console.ReadAsync("cat /proc/sys/kernel/random/boot_id"));
        Assert.Equal("1", await guest.Console.ReadAsync("wc -l </var/lib/guesttune/reboots"));
    }

    private static Task<CliRun> RebootAsync(GuesttuneCli cli, string id) => cli.RunJsonAsync(Arguments(cli, id));

    private static string[] Arguments(GuesttuneCli cli, string id) =>
        ["reboot", "vm1", "--operation-id", id, "--time-limit", "360", "--timeout", "120", "--state", Path.Combine(Path.GetDirectoryName(cli.Inventory)!, "state")];
}
