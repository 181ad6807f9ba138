using GuestTune.EndToEnd.Guests;

namespace GuestTune.EndToEnd.Faults;

/// <summary>What cannot be written down is not done.</summary>
[Collection(OneAtATime.Name)]
public sealed class FullDiskTests(GuestPool pool)
{
    [Theory]
    [InlineData("vm1")]
    [InlineData("vm2")]
    public async Task Set_JournalsDiskFull_ChangesNothingAndSaysSo(string name)
    {
        var guest = name == "vm1" ? await pool.FirstAsync() : await pool.SecondAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        (await cli.RunAsync("set", "haltpoll", name, "--grow", "3")).ShouldEndWith(0);
        await guest.Console.ExecuteAsync("dd if=/dev/zero of=/var/lib/guesttune/fill bs=64k; dd if=/dev/zero of=/var/lib/guesttune/fill2 bs=1; sync", TimeSpan.FromMinutes(4));
        Assert.Equal("0", await guest.Console.ReadAsync("df -P /var/lib/guesttune | awk 'NR==2 {print $4}'"));
        try
        {
            // One record may still fit into the block that the journal's end is in; hundreds do not.
            var run = await cli.RunJsonAsync("set", "haltpoll", name, "--guest-halt-poll-ns", "400000");
            for (var round = 0; round < 60 && run.ExitCode == 0; round++)
            {
                run = await cli.RunJsonAsync("set", "haltpoll", name, "--guest-halt-poll-ns", $"{400_001 + round}");
            }

            run.ShouldEndWith(1);
            var held = await guest.ReadParameterAsync();
            Assert.Contains("No space left", run.ErrorOf(name), StringComparison.OrdinalIgnoreCase);
            run = await cli.RunJsonAsync("set", "haltpoll", name, "--guest-halt-poll-ns", "500000");
            run.ShouldEndWith(1);
            Assert.Equal(held, await guest.ReadParameterAsync());
            (await cli.RunAsync("get", "haltpoll", name)).ShouldEndWith(0);
        }
        finally
        {
            await guest.Console.ReadAsync("rm -f /var/lib/guesttune/fill*");
        }

        (await cli.RunAsync("set", "haltpoll", name, "--guest-halt-poll-ns", "500000")).ShouldEndWith(0);
        Assert.Equal("500000", await guest.ReadParameterAsync());
    }
}
