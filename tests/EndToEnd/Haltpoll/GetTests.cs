using GuestTune.EndToEnd.Guests;

namespace GuestTune.EndToEnd.Haltpoll;

/// <summary>What GuestTune says of a guest is what the guest's kernel says.</summary>
[Collection(OneAtATime.Name)]
public sealed class GetTests(GuestPool pool)
{
    [Theory]
    [InlineData("guest_halt_poll_ns")]
    [InlineData("guest_halt_poll_shrink")]
    [InlineData("guest_halt_poll_grow")]
    [InlineData("guest_halt_poll_grow_start")]
    [InlineData("guest_halt_poll_allow_shrink")]
    public async Task Get_EveryParameter_IsWhatTheKernelHolds(string parameter)
    {
        var guest = await pool.FirstAsync();
        await guest.CleanAsync();
        var value = parameter == "guest_halt_poll_allow_shrink" ? "N" : "77777";
        await guest.Console.ReadAsync($"echo {value} >{Guest.Parameters}/{parameter}");
        using var cli = guest.NewCli();

        var run = (await cli.RunJsonAsync("get", "haltpoll", "vm1")).ShouldEndWith(0);

        Assert.Equal(value, run.InForce("vm1", parameter));
        Assert.Equal($"{Guest.Parameters}/{parameter}", (string?)run.Fact("vm1", parameter, "in-force")!["source"]);
    }

    [Theory]
    [InlineData("current_driver")]
    [InlineData("available_governors")]
    [InlineData("current_governor")]
    public async Task Get_Surroundings_AreWhatTheKernelSays(string name)
    {
        var guest = await pool.FirstAsync();
        using var cli = guest.NewCli();

        var run = (await cli.RunJsonAsync("get", "haltpoll", "vm1")).ShouldEndWith(0);

        var expected = await guest.Console.ExecuteAsync($"cat /sys/devices/system/cpu/cpuidle/{name}");
        Assert.Equal(expected.Succeeded ? expected.Text.Trim() : null, ((string?)run.Fact("vm1", name, "context")?["value"])?.Trim());
    }

    [Fact]
    public async Task Get_WithoutTheKvmSignature_IsNotCalledEffective()
    {
        var guest = await pool.FirstAsync();
        var driver = (await guest.Console.ExecuteAsync("cat /sys/devices/system/cpu/cpuidle/current_driver")).Text;
        Assert.SkipWhen(driver == "haltpoll", "the guest runs on KVM: here haltpoll can be in effect");
        using var cli = guest.NewCli();

        var run = (await cli.RunJsonAsync("get", "haltpoll", "vm1")).ShouldEndWith(0);

        var observation = run.Vm("vm1")["observations"]!.AsArray().Single()!;
        Assert.NotEqual("effective", (string?)observation["verdict"]);
        Assert.NotEmpty((string?)observation["reason"] ?? "");
    }

    [Fact]
    public async Task Info_OfAGuest_IsWhatItsKernelSays()
    {
        var guest = await pool.FirstAsync();
        using var cli = guest.NewCli();

        var info = (await cli.RunJsonAsync("info", "vm1")).ShouldEndWith(0).Vm("vm1")["info"]!;

        Assert.Equal(await guest.Console.ReadAsync("uname -r"), (string?)info["kernel_release"]);
        Assert.Equal(await guest.Console.ReadAsync("cat /proc/sys/kernel/random/boot_id"), (string?)info["boot_id"]);
        Assert.Equal("guesttune-testvm", (string?)info["os_release"]!["ID"]);
        Assert.Contains(info["practices"]!.AsArray(), p => (string?)p!["practice"] == "guest-idle-haltpoll" && (bool)p["supported"]!);
    }

    [Fact]
    public async Task Info_AfterTheAgentWasKilled_HasAnotherInstanceOfTheSameBoot()
    {
        var guest = await pool.FirstAsync();
        using var cli = guest.NewCli();
        var before = (await cli.RunJsonAsync("info", "vm1")).ShouldEndWith(0).Vm("vm1")["info"]!;

        await guest.KillAgentAsync();
        var after = (await cli.RunJsonAsync("info", "vm1")).ShouldEndWith(0).Vm("vm1")["info"]!;

        Assert.Equal((string?)before["boot_id"], (string?)after["boot_id"]);
        Assert.NotEqual((string?)before["instance_id"], (string?)after["instance_id"]);
    }

    [Fact]
    public async Task Ping_OfAGuest_GivesAsManyRoundTripsAsAskedFor()
    {
        var guest = await pool.SecondAsync();
        using var cli = guest.NewCli();

        var run = (await cli.RunJsonAsync("ping", "vm2", "--count", "20")).ShouldEndWith(0);

        Assert.Equal(20, run.Vm("vm2")["ping"]!["round_trip_ns"]!.AsArray().Count);
    }
}
