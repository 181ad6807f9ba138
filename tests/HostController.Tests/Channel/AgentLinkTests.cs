using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.Channel;
using GuestTune.HostController.Tests.Fakes;
using GuestTune.VirtioSerial;

namespace GuestTune.HostController.Tests.Channel;

/// <summary>What a guest can try below gRPC. Alone, since the memory of the whole process is counted.</summary>
[CollectionDefinition(nameof(AgentLinkTests), DisableParallelization = true)]
[Collection(nameof(AgentLinkTests))]
public sealed class AgentLinkTests
{
    private static readonly byte[] Settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    private static readonly byte[] Ping = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];

    [Theory]
    [InlineData("PING")]
    [InlineData("SETTINGS")]
    public async Task Call_GuestAsksForAnswersAndReadsNone_TakesBoundedMemory(string frame)
    {
        using var directory = new TemporaryDirectory();
        await using var port = new QemuPort(directory.PathOf("vm.sock"));
        await using var sessions = new GuestSessionListener(port);
        using var stop = new CancellationTokenSource();
        var flood = Task.Run(async () =>
        {
            await using var session = await sessions.AcceptAsync(stop.Token);
            await session.Output.WriteAsync(Settings, stop.Token);
            session.Input.AdvanceTo((await session.Input.ReadAsync(stop.Token)).Buffer.Start);
            var many = Enumerable.Repeat(frame == "PING" ? Ping : Settings, 1000).SelectMany(f => f).ToArray();
            while (!(await session.Output.WriteAsync(many, stop.Token)).IsCompleted)
            {
            }

            });
        await using var link = new AgentLink(new SocketChannel(directory.PathOf("vm.sock")), new AgentLinkOptions(), SessionAttacher.AttachAsync, TimeProvider.System);
        await link.AttachAsync(default);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var error = await Assert.ThrowsAsync<RpcException>(async () =>
            await link.Client.PingAsync(new PingRequest(), deadline: DateTime.UtcNow.AddSeconds(3)));

        var grownBytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        await stop.CancelAsync();
        Assert.True(grownBytes < 8 * 1024 * 1024, $"{grownBytes} bytes more; {error.Status}");
        await Task.WhenAny(flood);
    }
}
