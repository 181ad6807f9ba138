using System.Globalization;
using GuestTune.EndToEnd.Cli;
using GuestTune.EndToEnd.Guests;

namespace GuestTune.EndToEnd.Libvirt;

/// <summary>A guest of another host, reached through the libvirt there (virDomainOpenChannel) with no GuestTune on that host; and what only shows on that host itself.</summary>
public sealed class RemoteLibvirtTests(RemoteLibvirt remote) : IClassFixture<RemoteLibvirt>
{
    private const string Vm = RemoteLibvirt.VmName;
    private const string Before = "200000";
    private const string Pool = RemoteLibvirt.HugePagePool;
    private const int HugePages = 16;

    /// <summary>Far above what a refusal takes, and far below what a call may.</summary>
    private const int PromptSeconds = 60;

    [Theory]
    [InlineData("tcp")]
    [InlineData("tls")]
    public async Task Calls_ThroughLibvirt_ReachTheAgent(string transport)
    {
        await remote.EnsureBootedAsync();
        using var cli = transport is "tls" ? remote.NewTlsCli() : remote.NewCli();

        var listed = (await cli.RunJsonAsync("vms")).ShouldEndWith(0);
        Assert.StartsWith($"org.guesttune.agent.0 through qemu+{transport}://", (string?)listed.Vm(Vm)["channel"], StringComparison.Ordinal);
        (await cli.RunAsync("ping", Vm)).ShouldEndWith(0);

        (await cli.RunAsync("set", "haltpoll", Vm, "--guest-halt-poll-ns", "400000")).ShouldEndWith(0);
        Assert.Equal("400000", await ReadParameterAsync());
        var got = (await cli.RunJsonAsync("get", "haltpoll", Vm)).ShouldEndWith(0);
        Assert.Equal("400000", got.InForce(Vm, "guest_halt_poll_ns"));

        (await cli.RunAsync("undo", Vm)).ShouldEndWith(0);
        Assert.Equal(Before, await ReadParameterAsync());
    }

    [Fact]
    public async Task Set_LibvirtdKilledInTheMiddle_IsDoneOnceAndTheNextCallWorks()
    {
        await remote.EnsureBootedAsync();
        using var cli = remote.NewCli();
        // The agent writes its journal before it changes anything, and stands still there.
        await remote.Console.ReadAsync("sync; fsfreeze --freeze /disk");
        try
        {
            await using var running = await cli.StartAsync("set", "haltpoll", Vm, "--guest-halt-poll-ns", "500000", "--operation-id", "middle-1");
            while (await remote.Console.ReadAsync("grep -q '^State:.D' /proc/$(cat /run/guesttune-agent.pid)/task/*/status && echo yes || echo no") is not "yes")
            {
                Assert.False(running.HasEnded);
                await Task.Delay(50);
            }

            remote.Libvirt.Kill();
            using var other = remote.NewCli();
            var refused = (await other.RunAsync("ping", Vm)).ShouldEndWith(4);
            Assert.Contains("cannot be asked", refused.Error, StringComparison.Ordinal);
            Assert.Contains("Connection refused", refused.Error, StringComparison.Ordinal);
            Assert.InRange(refused.Took.TotalSeconds, 0, PromptSeconds);
            remote.Libvirt.Start();

            Assert.False(running.HasEnded);
            await ThawAsync();
            (await running.WaitAsync()).ShouldEndWith(0);
        }
        finally
        {
            await ThawAsync();
        }

        Assert.Equal("500000", await ReadParameterAsync());
        (await cli.RunAsync("ping", Vm)).ShouldEndWith(0);
        var operations = (await cli.RunJsonAsync("history", Vm)).Vm(Vm)["operations"]!.AsArray();
        Assert.Equal("done", (string?)Assert.Single(operations, o => (string?)o!["operation_id"] == "middle-1")!["state"]);
        (await cli.RunAsync("undo", Vm, "--operation", "middle-1")).ShouldEndWith(0);
        Assert.Equal(Before, await ReadParameterAsync());
    }

    [Fact]
    public async Task AgentChannel_UnpluggedAndPluggedInAgain_IsFoundByTheAgentInTheRunningGuest()
    {
        await remote.EnsureBootedAsync();
        using var cli = remote.NewCli();
        (await cli.RunAsync("vm", "set", "agent-channel", Vm, "--enabled", "false")).ShouldEndWith(0);
        var without = (await cli.RunJsonAsync("ping", Vm)).ShouldEndWith(3);
        Assert.Contains("has no channel org.guesttune.agent.0", without.ErrorOf(Vm), StringComparison.Ordinal);

        (await cli.RunAsync("vm", "undo", Vm)).ShouldEndWith(0);

        (await cli.RunAsync("ping", Vm)).ShouldEndWith(0);
        Assert.Equal(("effective", "an agent in the guest has the port open"), await ReadVerdictAsync(cli, Vm, "agent-channel"));
    }

    [Fact]
    public async Task StaticHugepages_FromAPoolOfTheHost_AreWhatQemuHasAndAreGivenBack()
    {
        await remote.EnsureBootedAsync();
        using var cli = remote.NewLocalCli();
        var before = ReadWritablePool();
        try
        {
            (await cli.RunAsync("host", "set", "static-hugepages", "--pages", $"2M={int.Parse(before, CultureInfo.InvariantCulture) + HugePages}")).ShouldEndWith(0);
            remote.Libvirt.Run("paged", memoryMib: HugePages * 2);
            (await cli.RunAsync("vm", "set", "static-hugepages", "paged", "--size", "2M")).ShouldEndWith(0);
            remote.Libvirt.Virsh("destroy", "paged");
            remote.Libvirt.Virsh("start", "--paused", "paged");

            var pages = await ReadVerdictAsync(cli, "paged", "static-hugepages");
            Assert.Equal(("effective", $"QEMU has {HugePages * 2} MiB in static pages"), pages);

            (await cli.RunAsync("vm", "undo", "paged")).ShouldEndWith(0);
            remote.Libvirt.Remove("paged");
            (await cli.RunAsync("host", "undo")).ShouldEndWith(0);
            Assert.Equal(before, await File.ReadAllTextAsync(Pool));
        }
        finally
        {
            await File.WriteAllTextAsync(Pool, before);
        }
    }

    [Fact]
    public async Task Ping_WrongPassword_IsRefusedAtOnceAndSaysWhy()
    {
        await remote.EnsureBootedAsync();
        using var cli = remote.NewCli("wrong horse");

        var refused = (await cli.RunAsync("ping", Vm)).ShouldEndWith(4);

        Assert.Contains("cannot be asked", refused.Error, StringComparison.Ordinal);
        Assert.Contains("authentication failed", refused.Error, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("horse", refused.Error, StringComparison.Ordinal);
        Assert.InRange(refused.Took.TotalSeconds, 0, PromptSeconds);
    }

    [Fact]
    public async Task Ping_CertificateOfAnotherAuthority_IsRefusedAtOnceAndSaysWhy()
    {
        await remote.EnsureBootedAsync();
        using var cli = remote.NewTlsCli(isKnown: false);

        var refused = (await cli.RunAsync("ping", Vm)).ShouldEndWith(4);

        Assert.Contains("cannot be asked", refused.Error, StringComparison.Ordinal);
        Assert.Contains("certificate", refused.Error, StringComparison.OrdinalIgnoreCase);
        Assert.InRange(refused.Took.TotalSeconds, 0, PromptSeconds);
    }

    private static async Task<(string? Verdict, string? Reason)> ReadVerdictAsync(GuesttuneCli cli, string vm, string practice)
    {
        var status = (await cli.RunJsonAsync("vm", "status", vm)).ShouldEndWith(0);
        var observation = status.Vm(vm)["observations"]!.AsArray().Single(o => (string?)o!["practice"] == practice)!;
        return ((string?)observation["verdict"], (string?)observation["reason"]);
    }

    private static string ReadWritablePool()
    {
        try
        {
            var value = File.ReadAllText(Pool);
            File.WriteAllText(Pool, value);
            return value;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"huge pages of 2 MiB cannot be reserved: {e.Message}");
            throw;
        }
    }

    private Task<string> ReadParameterAsync() => remote.Console.ReadAsync($"cat {Guest.Parameters}/guest_halt_poll_ns");

    private Task<string> ThawAsync() => remote.Console.ReadAsync("fsfreeze --unfreeze /disk 2>/dev/null; true");
}
