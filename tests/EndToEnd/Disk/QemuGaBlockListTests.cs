namespace GuestTune.EndToEnd.Disk;

/// <summary>qemu-ga itself, asked over its own port, refuses what was blocked, and carries it out again after an undo.</summary>
public sealed class QemuGaBlockListTests
{
    [Fact]
    public async Task Set_Blocked_QemuGaItselfRefusesUntilUndone()
    {
        await using var guest = await DebianGuest.StartAsync();
        using var cli = guest.NewCli();
        using var qemuGa = await guest.ConnectQemuGaAsync();
        var before = await qemuGa.ReadDisabledAsync();
        Assert.NotNull((await qemuGa.ExecuteAsync("guest-get-osinfo"))["return"]);

        (await cli.RunAsync("set", "qemu-ga", DebianGuest.Name, "--block", "guest-get-osinfo,guest-exec")).ShouldEndWith(0);

        Assert.Equal(before.Append("guest-exec").Append("guest-get-osinfo").Order(StringComparer.Ordinal), await qemuGa.ReadDisabledAsync());
        Assert.Equal("CommandNotFound", (string?)(await qemuGa.ExecuteAsync("guest-get-osinfo"))["error"]?["class"]);
        Assert.NotNull((await qemuGa.ExecuteAsync("guest-get-time"))["return"]);

        (await cli.RunAsync("undo", DebianGuest.Name)).ShouldEndWith(0);

        Assert.Equal(before, await qemuGa.ReadDisabledAsync());
        Assert.NotNull((await qemuGa.ExecuteAsync("guest-get-osinfo"))["return"]);
        Assert.Equal("", await guest.Console.ReadAsync("systemctl show -P DropInPaths qemu-guest-agent; find /etc/systemd/system/qemu-guest-agent.service.d 2>/dev/null; true"));

        var unknown = (await cli.RunAsync("set", "qemu-ga", DebianGuest.Name, "--block", "guest-exec,guest-frobnicate")).ShouldEndWith(1);
        Assert.Contains("guest-frobnicate", unknown.Output + unknown.Error, StringComparison.Ordinal);
        Assert.Contains("guest-get-time", unknown.Output + unknown.Error, StringComparison.Ordinal);
        (await cli.RunAsync("set", "qemu-ga", DebianGuest.Name, "--block", "guest-ping")).ShouldEndWith(1);
        Assert.Equal(before, await qemuGa.ReadDisabledAsync());
    }
}
