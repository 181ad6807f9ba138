using System.Buffers;
using GuestTune.FakePort;
using GuestTune.VirtioSerial.Tests.Simulation;

namespace GuestTune.VirtioSerial.Tests;

/// <summary>The same promises as in <see cref="ChannelPropertyTests"/>, with real threads.</summary>
[CollectionDefinition(nameof(StressTests), DisableParallelization = true)]
[Collection(nameof(StressTests))]
public sealed class StressTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("guesttune").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task FakePort_TwoHundredHostsThatComeAndGo_AreAllServed()
    {
        var port = new FakeVirtioPort();
        await using var listener = new GuestSessionListener(FakeGuestPort.Open(port));
        var agent = ServeAsync(listener);
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            await VisitAsync(await HostSession.AttachAsync(FakeClientPort.Connect(port), Patient.Options), random.Next(), random.Next(3) > 0);
        }

        await listener.DisposeAsync();
        await agent;
    }

    [Fact]
    public async Task RealSocket_TwoHundredHostsThatComeAndGo_AreAllServed()
    {
        var path = Path.Combine(_directory, "port.sock");
        await using var listener = new GuestSessionListener(SocketGuestPort.Listen(path));
        var agent = ServeAsync(listener);
        var random = new Random(2);
        for (var i = 0; i < 200; i++)
        {
            await VisitAsync(await HostSession.AttachAsync(path, Patient.Options), random.Next(), random.Next(3) > 0);
        }

        await listener.DisposeAsync();
        await agent;
    }

    [Fact]
    public async Task FakePort_AgentsAndHostsThatDie_AlwaysMeetAgain()
    {
        var port = new FakeVirtioPort();
        var random = new Random(3);
        for (var i = 0; i < 60; i++)
        {
            var device = FakeGuestPort.Open(port);
            var listener = new GuestSessionListener(device);
            var agent = ServeAsync(listener);
            for (var visit = random.Next(1, 4); visit > 0; visit--)
            {
                var host = await HostSession.AttachAsync(FakeClientPort.Connect(port), Patient.Options);
                var visiting = VisitAsync(host, random.Next(), orderly: false);
                await Task.Delay(random.Next(3));
                if (visit == 1)
                {
                    await device.DisposeAsync();
                }

                await host.DisposeAsync();
                await visiting;
            }

            await listener.DisposeAsync();
            await agent;
        }
    }

    [Fact]
    public async Task ThousandSessions_Idle_TakeLittleMemory()
    {
        const int Count = 1000;
        const int MaxSizeBytes = 40 * 1024;
        var listeners = new List<GuestSessionListener>();
        var hosts = new List<Session>();
        for (var i = 0; i < Count; i++)
        {
            listeners.Add(new GuestSessionListener(SocketGuestPort.Listen(Path.Combine(_directory, $"{i}"))));
        }

        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Count; i++)
        {
            var host = await HostSession.AttachAsync(Path.Combine(_directory, $"{i}"), Patient.Options);
            var guest = await listeners[i].AcceptAsync();
            await host.Output.WriteAsync(new byte[20_000]);
            guest.Input.AdvanceTo((await guest.Input.ReadAtLeastAsync(20_000)).Buffer.End);
            await guest.Output.WriteAsync(new byte[20_000]);
            host.Input.AdvanceTo((await host.Input.ReadAtLeastAsync(20_000)).Buffer.End);
            hosts.Add(host);
        }

        var sizeBytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / Count;
        TestContext.Current.SendDiagnosticMessage($"{sizeBytes} bytes for each session, both of its sides together");
        // What earlier tests left may have been freed meanwhile.
        Assert.InRange(sizeBytes, int.MinValue, MaxSizeBytes);
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }

        foreach (var listener in listeners)
        {
            await listener.DisposeAsync();
        }
    }

    /// <summary>An agent that sends back what it gets, one session after another.</summary>
    private static async Task ServeAsync(GuestSessionListener listener)
    {
        while (true)
        {
            Session session;
            try
            {
                session = await listener.AcceptAsync();
            }
            catch (Exception exception) when (exception is ObjectDisposedException or PortException)
            {
                return;
            }

            _ = Task.Run(() => EchoAsync(session));
        }
    }

    private static async Task EchoAsync(Session session)
    {
        try
        {
            while (true)
            {
                var result = await session.Input.ReadAsync();
                foreach (var segment in result.Buffer)
                {
                    session.Output.Write(segment.Span);
                }

                session.Input.AdvanceTo(result.Buffer.End);
                if ((await session.Output.FlushAsync()).IsCompleted || result.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (SessionEndedException)
        {
        }
    }

    /// <summary>Sends and checks what comes back; goes away in the middle unless it is orderly.</summary>
    private static async Task VisitAsync(Session host, int seed, bool orderly)
    {
        var random = new Random(seed);
        var total = random.Next(1, 150_000);
        var writing = Task.Run(async () =>
        {
            long sent = 0;
            while (sent < total)
            {
                var block = new byte[Math.Min(total - sent, random.Next(1, 40_000))];
                Content.Fill(block, host.Id, true, sent);
                sent += block.Length;
                if ((await host.Output.WriteAsync(block)).IsCompleted)
                {
                    return;
                }
            }
        });
        var wanted = orderly ? total : seed % total;
        long received = 0;
        try
        {
            while (received < wanted)
            {
                var result = await host.Input.ReadAsync();
                foreach (var segment in result.Buffer)
                {
                    var expected = new byte[segment.Length];
                    Content.Fill(expected, host.Id, true, received);
                    Assert.True(segment.Span.SequenceEqual(expected));
                    received += segment.Length;
                }

                host.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    Assert.False(orderly);
                    break;
                }
            }
        }
        catch (SessionEndedException) when (!orderly)
        {
        }

        await host.DisposeAsync();
        await writing;
    }
}
