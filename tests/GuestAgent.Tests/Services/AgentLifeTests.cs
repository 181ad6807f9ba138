using Grpc.Core;
using GuestTune.Agent.BootLoader;
using GuestTune.Agent.V1;
using GuestTune.Practice.V1;
using GuestTune.Practices.Files;
using GuestTune.Practices.Journaling;
using Microsoft.Extensions.Options;

namespace GuestTune.Agent.Tests.Services;

/// <summary>Starting, restarting, rebooting, and starting where something is wrong.</summary>
public sealed class AgentLifeTests : IDisposable
{
    private readonly GuestTree _tree = GuestTree.WithHaltpoll();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public async Task Start_SecondAgentOnOneStateDirectory_IsRefused()
    {
        await using var first = await AgentHost.StartAsync(_tree);

        await Assert.ThrowsAsync<StateLockedException>(() => AgentHost.StartAsync(_tree));
    }

    [Fact]
    public async Task Start_ChangeOfTheBootLoaderWasCutOff_IsPutBackAndLogged()
    {
        _tree.Write("/boot/grub/grub.cfg", "old");
        var transaction = BootTransaction.Begin(new RootedFileSystem(_tree.Path), "/var/lib/guesttune", [new BootEdit("/boot/grub/grub.cfg", "old", "new")], []);
        transaction.Write("/boot/grub/grub.cfg", "new");

        await using var host = await AgentHost.StartAsync(_tree);

        Assert.Equal("old", _tree.Read("/boot/grub/grub.cfg"));
        Assert.Contains("/boot/grub/grub.cfg", host.Log.Lines.Single(l => l.Event is "BootLoaderRecovered").Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_ChangeThatWasCutOffCannotBePutBack_RunsAndSaysSo()
    {
        _tree.Write("/var/lib/guesttune/boot-change", "of another version\n");

        await using var host = await AgentHost.StartAsync(_tree);

        Assert.Contains(host.Log.Lines, l => l.Event is "BootLoaderNotRecovered" && l.Text.Contains("boot-change", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Restart_HistoryAndAnswersStay_InstanceIdChanges()
    {
        string instance;
        await using (var host = await AgentHost.StartAsync(_tree))
        {
            await host.Client.ApplyAsync(Requests.Apply("op-1", ("guest_halt_poll_ns", "400000")));
            instance = (await host.Client.GetInfoAsync(new GetInfoRequest())).InstanceId;
        }

        await using var again = await AgentHost.StartAsync(_tree);
        Assert.NotEqual(instance, (await again.Client.GetInfoAsync(new GetInfoRequest())).InstanceId);
        Assert.True((await again.Client.ApplyAsync(Requests.Apply("op-1", ("guest_halt_poll_ns", "400000")))).RepeatedAnswer);
    }

    [Fact]
    public async Task Start_StateDirectoryCannotBeMade_ReadsAndRefusesToChange()
    {
        Directory.Delete(_tree.File("/var/lib"));
        File.WriteAllText(_tree.File("/var/lib"), "a file");
        await using var host = await AgentHost.StartAsync(_tree);

        var observed = await host.Client.ObserveAsync(new ObserveRequest());
        var e = await Assert.ThrowsAsync<RpcException>(async () => await host.Client.ApplyAsync(Requests.Apply("op-1", ("guest_halt_poll_ns", "400000"))));

        Assert.Equal(Verdict.Configured, observed.Observations[0].Verdict);
        Assert.Equal(StatusCode.FailedPrecondition, e.StatusCode);
        Assert.Contains("nothing was changed", e.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("/var/lib", e.Status.Detail, StringComparison.Ordinal);
        Assert.Equal("200000", _tree.Parameter("guest_halt_poll_ns"));
        Assert.Contains(host.Log.Lines, l => l.Event is "JournalUnusable");
    }

    [Fact]
    public async Task Start_AfterARebootWithoutSystemd_AppliesPersistentValuesOnce()
    {
        await using (var host = await AgentHost.StartAsync(_tree))
        {
            var answer = await host.Client.ApplyAsync(Requests.ApplyPersistent("op-1", ("guest_halt_poll_ns", "400000")));
            Assert.Equal(["guest_halt_poll_ns", "tmpfiles.d:guest_halt_poll_ns"], answer.Operation.Outcomes.Select(o => o.Change.Item));
        }

        Reboot();
        await using (var host = await AgentHost.StartAsync(_tree))
        {
            Assert.Equal("400000", _tree.Parameter("guest_halt_poll_ns"));
            Assert.Contains(host.Log.Lines, l => l.Event is "BootValue");
        }

        _tree.Write(GuestTree.Parameters + "guest_halt_poll_ns", "1\n");
        await using var later = await AgentHost.StartAsync(_tree);
        Assert.Equal("1", _tree.Parameter("guest_halt_poll_ns"));
        var observed = await later.Client.ObserveAsync(new ObserveRequest());
        Assert.Equal(Verdict.Pending, observed.Observations[0].Verdict);
    }

    [Fact]
    public async Task Start_AfterARebootWithSystemd_LeavesThemToIt()
    {
        _tree.RunningSystemd();
        await using (var host = await AgentHost.StartAsync(_tree))
        {
            await host.Client.ApplyAsync(Requests.ApplyPersistent("op-1", ("guest_halt_poll_ns", "400000")));
        }

        Reboot();
        await using var again = await AgentHost.StartAsync(_tree);

        Assert.Equal("200000", _tree.Parameter("guest_halt_poll_ns"));
    }

    [Fact]
    public async Task Undo_AfterAReboot_TakesOutThePersistentValueAndWhatItSet()
    {
        var before = _tree.Snapshot();
        await using (var host = await AgentHost.StartAsync(_tree))
        {
            await host.Client.ApplyAsync(Requests.ApplyPersistent("op-1", ("guest_halt_poll_ns", "400000")));
        }

        Reboot();
        await using (var host = await AgentHost.StartAsync(_tree))
        {
            await host.Client.UndoAsync(new UndoRequest { OperationId = "undo-1" });
        }

        _tree.Boot("11111111-1111-1111-1111-111111111111");
        Assert.Equal(before, _tree.Snapshot());
    }

    [Fact]
    public void Options_AllWrong_EveryMistakeIsNamed()
    {
        var options = new AgentOptions { Root = "/no/such", StateDirectory = "x", ConfigPath = "", PortName = "a/b", KeptOperations = 0 };

        Assert.Equal(5, options.Validate().Count());
        Assert.Throws<OptionsValidationException>(() => Hosting.AgentServiceCollectionExtensions.AddAgent(new Microsoft.Extensions.DependencyInjection.ServiceCollection(), options));
    }

    private void Reboot()
    {
        _tree.Boot("22222222-2222-2222-2222-222222222222");
        _tree.Write(GuestTree.Parameters + "guest_halt_poll_ns", "200000\n");
    }
}
