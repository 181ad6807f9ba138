using Google.Protobuf;
using GuestTune.Agent.V1;
using GuestTune.FakePort;
using GuestTune.VirtioSerial;

namespace GuestTune.Agent.Tests.Transport;

/// <summary>Alone, since the threads of Kestrel servers are counted.</summary>
[CollectionDefinition(nameof(SessionServerTests), DisableParallelization = true)]
[Collection(nameof(SessionServerTests))]
public sealed class SessionServerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly GuestTree _tree = GuestTree.WithHaltpoll();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public async Task Call_OverASession_IsAnswered()
    {
        await using var host = PortHost.Start(_tree);
        await using var client = await host.ConnectAsync();

        var pong = await client.Agent.PingAsync(new PingRequest { Payload = ByteString.CopyFromUtf8("over the port") });
        var applied = await client.Agent.ApplyAsync(Requests.Apply("op-1", ("guest_halt_poll_ns", "400000")));

        Assert.Equal("over the port", pong.Payload.ToStringUtf8());
        Assert.Equal("400000", _tree.Parameter("guest_halt_poll_ns"));
        Assert.False(applied.RepeatedAnswer);
    }

    [Fact]
    public async Task Session_LastOneEnded_FreedMemoryIsGivenBack()
    {
        await using var host = PortHost.Start(_tree);
        int before;
        await using (var client = await host.ConnectAsync())
        {
            await client.Agent.PingAsync(new PingRequest());
            before = host.FreedMemory.Times;
            Assert.True(before > 0, "what warming up took");
        }

        await UntilAsync(() => host.FreedMemory.Times > before, "what the session took is given back");
    }

    [Fact]
    public async Task Session_ReplacedDuringACall_NextOneIsServedAtOnce()
    {
        await using var host = PortHost.Start(_tree);
        var first = await host.ConnectAsync();
        using var stream = first.Agent.MeasureThroughput(new MeasureThroughputRequest { SizeBytes = 1 << 30 });
        Assert.True(await stream.ResponseStream.MoveNext(default));

        // The program dies: nothing is said to the agent, and the stream is never read on.
        var second = Task.Run(async () =>
        {
            await using var client = await host.ConnectAsync();
            return await client.Agent.PingAsync(new PingRequest { Payload = ByteString.CopyFromUtf8("second") });
        });
        await first.Session.DisposeAsync();
        var pong = await second.WaitAsync(Patience);

        Assert.Equal("second", pong.Payload.ToStringUtf8());
        await first.DisposeAsync();
        await UntilAsync(() => host.Calls.Any(c => c.Path.EndsWith("/MeasureThroughput", StringComparison.Ordinal)), "the first host's call ends with its session");
    }

    /// <summary>Kestrel looks for connections to time out once a second: none is to be found, busy or silent.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(1500)]
    public async Task Session_SeveralHeartbeatsOfKestrelLong_StaysUp(int pauseMs)
    {
        await using var host = PortHost.Start(_tree);
        await using var client = await host.ConnectAsync();
        for (var start = Environment.TickCount64; Environment.TickCount64 - start < 4500;)
        {
            await client.Agent.PingAsync(new PingRequest(), deadline: DateTime.UtcNow + Patience);
            await Task.Delay(pauseMs);
        }

        Assert.False(client.Session.Ended.IsCompleted, client.Session.EndMessage);
    }

    /// <summary>A session carries whatever a host says; that it is no HTTP/2 is Kestrel's to find out, and must cost that session alone.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    public async Task Session_GarbageInIt_EndsItAndTheNextIsServed(string beginning)
    {
        await using var host = PortHost.Start(_tree);
        var random = new Random(beginning.Length);
        for (var i = 0; i < 10; i++)
        {
            var garbage = new byte[random.Next(1, 70_000)];
            random.NextBytes(garbage);
            await using var stranger = await HostSession.AttachAsync(FakeClientPort.Connect(host.Port), PortClient.Patient);
            await stranger.Output.WriteAsync(System.Text.Encoding.ASCII.GetBytes(beginning));
            await stranger.Output.WriteAsync(garbage);
        }

        await using var client = await host.ConnectAsync();
        await client.Agent.PingAsync(new PingRequest(), deadline: DateTime.UtcNow + Patience);

        Assert.DoesNotContain(host.Log.Lines, l => l.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
    }

    [Fact]
    public async Task Stop_WithASessionUp_EndsInOrderAndClosesThePort()
    {
        var host = PortHost.Start(_tree);
        await using var client = await host.ConnectAsync();
        await client.Agent.PingAsync(new PingRequest());

        host.RequestStop();
        await host.Running.WaitAsync(Patience);

        Assert.True(await client.Session.Ended.WaitAsync(Patience) is SessionEnd.Closed or SessionEnd.PeerClosed, client.Session.EndMessage);
        Assert.False(host.Port.IsGuestOpen);
        Assert.DoesNotContain(host.Log.Lines, l => l.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    [Fact]
    public async Task Stop_WhileAHostDoesNotReadItsAnswer_DoesNotWaitForIt()
    {
        var host = PortHost.Start(_tree);
        await using var client = await host.ConnectAsync();
        using var stream = client.Agent.MeasureThroughput(new MeasureThroughputRequest { SizeBytes = 1 << 30 });
        Assert.True(await stream.ResponseStream.MoveNext(default));

        host.RequestStop();

        await host.Running.WaitAsync(Patience);
    }

    [Fact]
    public async Task Stop_WithoutASession_ClosesThePort()
    {
        var host = PortHost.Start(_tree);
        await UntilAsync(() => host.Port.IsGuestOpen, "the agent opens its port");

        host.RequestStop();
        await host.Running.WaitAsync(Patience);

        Assert.False(host.Port.IsGuestOpen);
    }

    [Fact]
    public async Task Stop_WhileStarting_IsNoFailure()
    {
        // 5 ms apart: in the middle of building, of warming up, and of what comes after it.
        for (var delayMs = 0; delayMs <= 100; delayMs += 5)
        {
            var host = PortHost.Start(_tree);
            await Task.Delay(delayMs);
            host.RequestStop();
            await host.Running.WaitAsync(Patience);
        }
    }

    [Fact]
    public async Task Stop_BeforeTheStart_IsNoFailureAndOpensNoPort()
    {
        var isOpened = false;
        var host = PortHost.Start(_tree, starting =>
        {
            isOpened = true;
            return FakeGuestPort.Open(starting.Port);
        }, new CancellationToken(canceled: true));

        await host.Running.WaitAsync(Patience);

        Assert.False(isOpened);
    }

    [Fact]
    public async Task Start_PortIsBusy_FailsWithItsReason()
    {
        await using var host = PortHost.Start(_tree, static _ => throw new PortException("/dev/vport1p1 is in use by another program"));

        var e = await Assert.ThrowsAsync<PortException>(() => host.Running.WaitAsync(Patience));

        Assert.Contains("in use", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(host.Log.Lines, l => l.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    [Fact]
    public async Task Port_Unplugged_EndsTheAgentWithThatReason()
    {
        var unplug = new TaskCompletionSource<int>();
        await using var host = PortHost.Start(_tree, starting => new UnpluggablePort(FakeGuestPort.Open(starting.Port), unplug.Task));
        await using var client = await host.ConnectAsync();
        await client.Agent.PingAsync(new PingRequest());

        unplug.SetException(new PortException("/dev/vport1p1 was unplugged"));
        var e = await Assert.ThrowsAsync<PortException>(() => host.Running.WaitAsync(Patience));

        Assert.Contains("was unplugged", e.Message, StringComparison.Ordinal);
    }

    /// <summary>A started Kestrel wakes once a second, whether anybody is connected or not.</summary>
    [Fact]
    public async Task Between_Sessions_NoKestrelRuns()
    {
        await using var host = PortHost.Start(_tree);
        await UntilAsync(() => host.Port.IsGuestOpen, "the agent opens its port");
        await UntilAsync(() => KestrelTimers() == 0, "no Kestrel is left of warming up");
        for (var i = 0; i < 3; i++)
        {
            await using (var client = await host.ConnectAsync())
            {
                await client.Agent.PingAsync(new PingRequest());
                await UntilAsync(() => KestrelTimers() == 1, "its thread has taken its name");
            }

            await UntilAsync(() => KestrelTimers() == 0, "a session's Kestrel ends with it");
        }
    }

    [Fact]
    public async Task ManySessions_LeaveNothingBehind()
    {
        await using var host = PortHost.Start(_tree);
        long before = 0;
        for (var i = 0; i < 600; i++)
        {
            if (i == 100)
            {
                before = GC.GetTotalMemory(forceFullCollection: true);
            }

            await using var client = await host.ConnectAsync();
            await client.Agent.PingAsync(new PingRequest());
        }

        await UntilAsync(() => KestrelTimers() == 0, "the last session's Kestrel ends");
        host.Log.Lines.Clear();
        host.Calls.Clear();

        // Nothing grows with the number of sessions. The Meter of each Kestrel alone, which MetricsSupport=false keeps away, would be 1.5 MB.
        // What threads keep in pools goes by and by.
        await UntilAsync(() => GC.GetTotalMemory(forceFullCollection: true) - before <= 512 * 1024, "500 sessions leave less than 512 KiB behind");
    }

    private static int KestrelTimers() =>
        Directory.GetDirectories("/proc/self/task").Count(static task =>
        {
            try
            {
                return File.ReadAllText(task + "/comm").StartsWith("Kestrel Timer", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false;
            }
        });

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        var deadline = TimeProvider.System.GetTimestamp() + (Patience.Ticks * (TimeProvider.System.TimestampFrequency / TimeSpan.TicksPerSecond));
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetTimestamp() < deadline, "never: " + what);
            await Task.Delay(5);
        }
    }
}
