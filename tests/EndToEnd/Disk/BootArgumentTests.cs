namespace GuestTune.EndToEnd.Disk;

/// <summary>Arguments that go through the guest's own boot loader: there after a reboot, gone after an undo and another one, and never half written.</summary>
public sealed class BootArgumentTests
{
    private const string Argument = "cpuidle_haltpoll.force=Y";

    // Emulated processors trip in one boot of some fifty on a busy host: a guest that resets itself and boots again is what is wanted here,
    // and a boot trial would rightly take the change back.
    private static readonly string[] Reboot = ["--reboot", "--trial", "off"];

    [Fact]
    public async Task Set_ForceDriverAndReboot_HoldsUntilUndoneAndRebootedAgain()
    {
        await using var guest = await DebianGuest.StartAsync();
        using var cli = guest.NewCli();
        var (files, line) = (await guest.ReadBootFilesAsync(), await guest.ReadCommandLineAsync());
        Assert.DoesNotContain(Argument, line, StringComparison.Ordinal);

        var set = (await cli.RunJsonAsync(["set", "haltpoll", DebianGuest.Name, "--force-driver", "true", .. Reboot])).ShouldEndWith(0);

        Assert.Equal($"{line} {Argument}", await guest.ReadCommandLineAsync());
        Assert.Equal("Y", await guest.Console.ReadAsync("cat /sys/module/cpuidle_haltpoll/parameters/force"));
        // The driver still wants KVM's signature, which an emulated guest lacks: what was asked for is there, and has no effect.
        Assert.Equal("none", await guest.Console.ReadAsync("cat /sys/devices/system/cpu/cpuidle/current_driver"));
        Assert.Contains("no KVM signature", set.Output, StringComparison.Ordinal);

        (await cli.RunAsync(["undo", DebianGuest.Name, .. Reboot])).ShouldEndWith(0);

        Assert.Equal(line, await guest.ReadCommandLineAsync());
        Assert.Equal(files, await guest.ReadBootFilesAsync());
    }

    [Theory]
    [InlineData("mount -o remount,ro /boot", "mount -o remount,rw /boot", "ead-only")]
    [InlineData("cat /dev/zero >/boot/fill 2>/dev/null; sync", "rm /boot/fill", "No space left")]
    public async Task Set_BootCannotBeWritten_PutsEveryFileBackAndSaysWhy(string breaks, string mends, string reason)
    {
        await using var guest = await DebianGuest.StartAsync();
        using var cli = guest.NewCli();
        var files = await guest.ReadBootFilesAsync();
        await guest.Console.ReadAsync($"{breaks}; true");

        var set = await cli.RunAsync("set", "haltpoll", DebianGuest.Name, "--force-driver", "true");

        set.ShouldEndWith(1);
        Assert.Contains(reason, set.Output + set.Error, StringComparison.Ordinal);
        await guest.Console.ReadAsync(mends);
        Assert.Equal(files, await guest.ReadBootFilesAsync());
    }
}
