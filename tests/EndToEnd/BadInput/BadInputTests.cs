using System.Net.Sockets;
using GuestTune.EndToEnd.Channel;
using GuestTune.EndToEnd.Cli;
using GuestTune.EndToEnd.Guests;
using GuestTune.Testing;

namespace GuestTune.EndToEnd.BadInput;

/// <summary>What is wrong is named, with what to do, and nothing is changed.</summary>
[Collection(OneAtATime.Name)]
public sealed class BadInputTests(GuestPool pool)
{
    [Fact]
    public async Task Get_UnknownVm_IsBadUsageAndNamesIt()
    {
        using var cli = GuesttuneCli.ForChannels(("vm1", "/nonexistent/agent.sock"));

        var run = (await cli.RunAsync("get", "haltpoll", "vm9")).ShouldEndWith(2);

        Assert.Contains("vm9", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ping_NoSuchSocket_IsNotReachedAndNamesIt()
    {
        using var cli = GuesttuneCli.ForChannels(("vm1", "/nonexistent/agent.sock"));

        var run = (await cli.RunJsonAsync("ping", "vm1")).ShouldEndWith(3);

        Assert.Contains("/nonexistent/agent.sock", run.ErrorOf("vm1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ping_VmWithoutTheChannel_IsNotReachedAndSaysSo()
    {
        await using var guest = await GuestPool.BootOwnAsync(new TestVmOptions { Name = "bare", HasAgentPort = false });
        using var cli = guest.NewCli();

        var run = (await cli.RunJsonAsync("ping", "bare")).ShouldEndWith(3);

        Assert.Contains(guest.Vm.AgentSocket, run.ErrorOf("bare"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ping_AgentThatIsStopped_TimesOutAndNamesTheSocket()
    {
        var guest = await pool.SecondAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        await guest.Console.ReadAsync("kill -STOP $(cat /run/guesttune-agent.pid)");
        try
        {
            var run = (await cli.RunJsonAsync("ping", "vm2", "--timeout", "2")).ShouldEndWith(3);

            Assert.Equal("DEADLINE_EXCEEDED", run.ErrorCodeOf("vm2"));
            Assert.Contains(guest.Vm.AgentSocket, run.ErrorOf("vm2"), StringComparison.Ordinal);
            Assert.InRange(run.Took.TotalSeconds, 2, 60);
        }
        finally
        {
            await guest.Console.ReadAsync("kill -CONT $(cat /run/guesttune-agent.pid)");
        }

        (await cli.RunAsync("ping", "vm2")).ShouldEndWith(0);
    }

    [Fact]
    public async Task Ping_GuestWithoutAgent_TimesOutAndNamesTheSocket()
    {
        var guest = await pool.SecondAsync();
        await guest.StopAgentAsync();
        using var cli = guest.NewCli();
        try
        {
            var run = (await cli.RunJsonAsync("ping", "vm2", "--timeout", "2")).ShouldEndWith(3);

            Assert.Contains(guest.Vm.AgentSocket, run.ErrorOf("vm2"), StringComparison.Ordinal);
        }
        finally
        {
            await guest.StartAgentAsync();
        }
    }

    [Fact]
    public async Task Ping_ServerThatNeverAnswers_TimesOutAndNamesTheSocket()
    {
        var path = Path.Combine(Path.GetTempPath(), $"silent-{Guid.NewGuid():N}.sock");
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(path));
        server.Listen();
        using var cli = GuesttuneCli.ForChannels(("mute", path));

        var run = (await cli.RunJsonAsync("ping", "mute", "--timeout", "1")).ShouldEndWith(3);

        Assert.Contains(path, run.ErrorOf("mute"), StringComparison.Ordinal);
        File.Delete(path);
    }

    [Fact]
    public async Task Ping_AgentOfAnotherProtocolVersion_SaysWhichVersionsAtOnce()
    {
        await using var agent = new ForeignVersionAgent();
        using var cli = GuesttuneCli.ForChannels(("later", agent.SocketPath));

        var run = (await cli.RunJsonAsync("ping", "later", "--timeout", "300")).ShouldEndWith(3);

        Assert.Contains("version", run.ErrorOf("later"), StringComparison.Ordinal);
        Assert.Contains("7", run.ErrorOf("later"), StringComparison.Ordinal);
        Assert.InRange(run.Took.TotalSeconds, 0, 200);
    }

    [Theory]
    [InlineData("--guest-halt-poll-ns", "4294967296")]
    [InlineData("--guest-halt-poll-ns", "-1")]
    [InlineData("--guest-halt-poll-ns", "many")]
    [InlineData("--grow", "4294967296")]
    [InlineData("--allow-shrink", "perhaps")]
    public async Task Set_ValueOutOfRange_NamesItAndChangesNothing(string option, string value)
    {
        var guest = await pool.FirstAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();

        var run = (await cli.RunAsync("set", "haltpoll", "vm1", $"{option}={value}")).ShouldEndWith(2);

        Assert.Contains(value, run.Error, StringComparison.Ordinal);
        Assert.Equal("200000", await guest.ReadParameterAsync());
        Assert.Equal("2", await guest.ReadParameterAsync("guest_halt_poll_grow"));
    }

    [Fact]
    public async Task Set_ParameterFileMissing_IsNotApplicableAndNamesTheFile()
    {
        var guest = await pool.SecondAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        // A folder with all files but one over the kernel's: only the path matters to whoever opens it.
        await guest.Console.ReadAsync(
            $"mkdir /tmp/p && cp {Guest.Parameters}/* /tmp/p/ && rm /tmp/p/guest_halt_poll_grow_start && mount -o bind /tmp/p {Guest.Parameters}");
        try
        {
            var run = (await cli.RunJsonAsync("set", "haltpoll", "vm2", "--guest-halt-poll-ns", "400000", "--grow-start", "1000")).ShouldEndWith(1);

            Assert.Equal("FAILED_PRECONDITION", run.ErrorCodeOf("vm2"));
            Assert.Contains("guest_halt_poll_grow_start", run.ErrorOf("vm2"), StringComparison.Ordinal);
            Assert.Equal("200000", await guest.ReadParameterAsync());
        }
        finally
        {
            await guest.Console.ReadAsync($"umount {Guest.Parameters}; rm -rf /tmp/p");
        }
    }

    [Fact]
    public async Task Set_GuestForbidsIt_IsRefusedAndNamesTheGuestsConfiguration()
    {
        var guest = await pool.SecondAsync();
        await guest.CleanAsync();
        using var cli = guest.NewCli();
        await guest.StopAgentAsync();
        await guest.Console.ReadAsync("echo 'deny-rpcs = Apply' >/etc/guesttune/agent.conf");
        await guest.StartAgentAsync();

        var run = (await cli.RunJsonAsync("set", "haltpoll", "vm2", "--guest-halt-poll-ns", "400000")).ShouldEndWith(1);
        (await cli.RunAsync("get", "haltpoll", "vm2")).ShouldEndWith(0);

        Assert.Equal("PERMISSION_DENIED", run.ErrorCodeOf("vm2"));
        Assert.Contains("/etc/guesttune/agent.conf", run.ErrorOf("vm2"), StringComparison.Ordinal);
        Assert.Equal("200000", await guest.ReadParameterAsync());
        await guest.CleanAsync();
    }
}
