using GuestTune.EndToEnd.Cli;
using GuestTune.EndToEnd.Guests;
using GuestTune.Testing;

namespace GuestTune.EndToEnd.Haltpoll;

/// <summary>What was set with --persist holds after a reboot, and no longer once it was undone.</summary>
[Collection(OneAtATime.Name)]
public sealed class PersistTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Set_PersistThenReboot_HoldsUntilUndone(bool appliesTmpfiles)
    {
        await using var guest = await GuestPool.BootOwnAsync(
            new TestVmOptions { Name = "reboots", HasDisk = true, AppliesTmpfiles = appliesTmpfiles });
        using var cli = guest.NewCli();
        (await cli.RunAsync("set", "haltpoll", "reboots", "--grow", "7")).ShouldEndWith(0);
        (await cli.RunAsync("set", "haltpoll", "reboots", "--guest-halt-poll-ns", "400000", "--persist")).ShouldEndWith(0);

        await RebootAsync(guest, cli);
        Assert.Equal("400000", await guest.ReadParameterAsync());
        Assert.Equal("2", await guest.ReadParameterAsync("guest_halt_poll_grow"));

        (await cli.RunAsync("undo", "reboots")).ShouldEndWith(0);
        await RebootAsync(guest, cli);
        Assert.Equal("200000", await guest.ReadParameterAsync());
        Assert.Equal("", await guest.Console.ReadAsync("cat /etc/tmpfiles.d/* 2>/dev/null | grep -v '^#' || true"));
    }

    private static async Task RebootAsync(Guest guest, GuesttuneCli cli)
    {
        var before = guest.Vm.BootId;
        await guest.Vm.RebootAsync();
        Assert.NotEqual(before, guest.Vm.BootId);
        // Where nothing applies tmpfiles.d, the agent does when it starts: an answer means that it has.
        (await cli.RunAsync("ping", "reboots")).ShouldEndWith(0);
    }
}
