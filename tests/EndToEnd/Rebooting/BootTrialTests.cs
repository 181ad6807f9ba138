using GuestTune.EndToEnd.Cli;
using GuestTune.EndToEnd.Disk;

namespace GuestTune.EndToEnd.Rebooting;

/// <summary>A command line with which the guest's kernel panics and stands still: the host resets it, and GRUB goes back to the line of before.</summary>
public sealed class BootTrialTests
{
    [Fact]
    public async Task Set_ArgumentThatPanicsTheKernel_GuestIsBackOnThePreviousLineAndTheChangeUndone()
    {
        await using var guest = await DebianGuest.StartAsync();
        using var cli = NewCli(guest);
        var (line, next) = (await guest.ReadCommandLineAsync(), await guest.ReadNextCommandLineAsync());
        var boot = await guest.Console.ReadAsync("cat /proc/sys/kernel/random/boot_id");
        await guest.Console.ReadAsync("echo 'allow-kernel-arguments = rdinit panic' >>/etc/guesttune/agent.conf; echo '# mine' >/boot/grub/custom.cfg; sleep 1.2");
        // QEMU's monitor has one user at a time.
        await guest.Vm.Qmp.DisposeAsync();

        // rdinit= alone would do, if this guest's own panic=-1 did not reset it at once.
        string[] set =
        [
            "set", "kernel-arguments", DebianGuest.Name, "--argument", "rdinit=/nonexistent", "--argument", "panic=0",
            "--reboot", "--trial", "required", "--operation-id", "trial1", "--state", StateOf(cli),
        ];
        var run = (await cli.RunJsonAsync([.. set, "--time-limit", "120"])).ShouldEndWith(1);
        if (run.ErrorCodeOf(DebianGuest.Name) == "DEADLINE_EXCEEDED")
        {
            // A busy machine: as the error says, the same id goes on.
            run = (await cli.RunJsonAsync([.. set, "--time-limit", "360"])).ShouldEndWith(1);
        }

        Assert.True(run.Vm(DebianGuest.Name)["reboot"] is not null, run.Error);
        var vm = run.Vm(DebianGuest.Name);
        Assert.Equal(("fell-back", "fell-back"), ((string?)vm["reboot"]!["outcome"], (string?)vm["reboot"]!["trial"]));
        Assert.Equal(boot, (string?)vm["reboot"]!["boot_id_before"]);
        Assert.Equal("undone", (string?)vm["operation"]!["state"]);
        Assert.Contains("the change was undone", run.ErrorOf(DebianGuest.Name), StringComparison.Ordinal);

        Assert.Contains("Kernel panic - not syncing", await File.ReadAllTextAsync(guest.Vm.Folder.KernelLog), StringComparison.Ordinal);
        Assert.Equal(line, await guest.ReadCommandLineAsync());
        Assert.Equal(next, await guest.ReadNextCommandLineAsync());
        Assert.Equal("# mine", await guest.Console.ReadAsync("cat /boot/grub/custom.cfg"));
        Assert.Equal("", await guest.Console.ReadAsync("grub-editenv /boot/grub/grubenv list | grep guesttune; true"));
    }

    private static GuesttuneCli NewCli(DebianGuest guest)
    {
        var cli = guest.NewCli();
        File.WriteAllText(cli.Inventory, $"vms:\n  - name: {DebianGuest.Name}\n    channel: {guest.Vm.AgentSocket}\n    monitor: {guest.Vm.Folder.QmpSocket}\n");
        return cli;
    }

    private static string StateOf(GuesttuneCli cli) => Path.Combine(Path.GetDirectoryName(cli.Inventory)!, "state");
}
