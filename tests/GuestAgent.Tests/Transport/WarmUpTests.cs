using GuestTune.Agent.V1;
using GuestTune.FakePort;

namespace GuestTune.Agent.Tests.Transport;

[Collection(nameof(SessionServerTests))]
public sealed class WarmUpTests : IDisposable
{
    private readonly GuestTree _tree = GuestTree.WithHaltpoll();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public async Task Start_EveryCallOfTheWarmUpIsAnsweredBeforeThePortIsOpenAndChangesNothing()
    {
        var before = _tree.Snapshot();
        (string Path, string Status)[] calls = [];
        await using var host = PortHost.Start(_tree, starting =>
        {
            calls = [.. starting.Calls];
            return FakeGuestPort.Open(starting.Port);
        });
        await using var client = await host.ConnectAsync();

        Assert.Equal(
            [("GetInfo", "0"), ("Observe", "0"), ("History", "0"), ("Plan", "5"), ("Ping", "0")],
            calls.Select(static c => (c.Path["/guesttune.agent.v1.Agent/".Length..], c.Status)));
        Assert.Equal(["PolicyLoaded", "Warm"], host.Log.Lines.Select(l => l.Event));
        Assert.Equal(before, _tree.Snapshot());
        Assert.Empty((await client.Agent.HistoryAsync(new HistoryRequest())).Operations);
    }

    [Fact]
    public async Task Start_PolicyRefusesEveryCall_IsWarmNevertheless()
    {
        _tree.Write("/etc/guesttune/agent.conf", "allow-rpcs =");
        await using var host = PortHost.Start(_tree);
        await using var client = await host.ConnectAsync();

        Assert.Contains(host.Log.Lines, l => l.Event is "Warm");
    }
}
