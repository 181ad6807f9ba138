using System.Buffers;
using System.Diagnostics;
using GuestTune.FakePort;
using GuestTune.VirtioSerial.Tests.Simulation;

namespace GuestTune.VirtioSerial.Tests;

public class SessionTests
{
    [Fact]
    public async Task AttachAsync_AgentListens_BytesGoBothWays()
    {
        await using var pair = await AttachedPair.CreateAsync();
        Assert.Equal(pair.Host.Id, pair.Guest.Id);
        Assert.Equal(pair.Listener.InstanceId, pair.Host.AgentInstanceId);
        await pair.Host.Output.WriteAsync("question"u8.ToArray());
        await pair.Guest.Output.WriteAsync("answer"u8.ToArray());

        var question = await pair.Guest.Input.ReadAtLeastAsync(8);
        var answer = await pair.Host.Input.ReadAtLeastAsync(6);
        Assert.Equal("question"u8.ToArray(), question.Buffer.ToArray());
        Assert.Equal("answer"u8.ToArray(), answer.Buffer.ToArray());
    }

    [Fact]
    public async Task PingAsync_EitherSide_IsAnsweredWithoutAReader()
    {
        await using var pair = await AttachedPair.CreateAsync();
        Assert.True(await pair.Host.PingAsync() > TimeSpan.Zero);
        Assert.True(await pair.Guest.PingAsync() > TimeSpan.Zero);
    }

    [Fact]
    public async Task PingAsync_SessionEnds_FailsWithTheReason()
    {
        var port = new FakeVirtioPort();
        await using var listener = new GuestSessionListener(FakeGuestPort.Open(port));
        await using var host = await HostSession.AttachAsync(FakeClientPort.Connect(port), Patient.Options);
        port.MovesBytes = false;
        var ping = host.PingAsync().AsTask();
        Assert.False(ping.IsCompleted);
        host.Abort();
        var exception = await Assert.ThrowsAsync<SessionEndedException>(() => ping);
        Assert.Equal(SessionEnd.Aborted, exception.End);
        await Assert.ThrowsAsync<SessionEndedException>(() => host.PingAsync().AsTask());
    }

    /// <summary>A reader may look at everything and take nothing, and then ask for more than there is, also for more than the input holds before it pauses.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Input_ReadInPiecesOfAnySize_NeverStalls(int seed)
    {
        await using var pair = await AttachedPair.CreateAsync();
        const long Total = 5_000_000;
        var sending = Task.Run(async () =>
        {
            var random = new Random(seed);
            for (long sent = 0; sent < Total;)
            {
                var count = (int)Math.Min(random.Next(1, 100_000), Total - sent);
                await pair.Guest.Output.WriteAsync(new byte[count]);
                sent += count;
            }

            await pair.Guest.Output.CompleteAsync();
        });
        var choices = new Random(seed + 1000);
        long received = 0;
        while (true)
        {
            var least = choices.Next(1, 400_000);
            var read = choices.Next(2) == 0 ? pair.Host.Input.ReadAtLeastAsync(least).AsTask() : pair.Host.Input.ReadAsync().AsTask();
            var result = await read.WaitAsync(TimeSpan.FromMinutes(2));
            var taken = result.IsCompleted ? result.Buffer.Length : choices.NextInt64(0, result.Buffer.Length + 1);
            received += taken;
            pair.Host.Input.AdvanceTo(result.Buffer.GetPosition(taken), choices.Next(2) == 0 && taken > 0 ? result.Buffer.GetPosition(taken) : result.Buffer.End);
            if (result.IsCompleted && taken == result.Buffer.Length)
            {
                break;
            }
        }

        await sending;
        Assert.Equal(Total, received);
    }

    [Fact]
    public async Task Output_HundredMegabytes_ArriveInOrder()
    {
        await using var pair = await AttachedPair.CreateAsync();
        const long Total = 100_000_000;
        var watch = Stopwatch.StartNew();
        var sending = Task.Run(async () =>
        {
            long sent = 0;
            while (sent < Total)
            {
                var memory = pair.Guest.Output.GetMemory(16384);
                var count = (int)Math.Min(memory.Length, Total - sent);
                Content.Fill(memory.Span[..count], pair.Guest.Id, false, sent);
                pair.Guest.Output.Advance(count);
                sent += count;
                await pair.Guest.Output.FlushAsync();
            }

            await pair.Guest.Output.CompleteAsync();
        });
        long received = 0;
        var expected = new byte[4096];
        while (true)
        {
            var result = await pair.Host.Input.ReadAsync();
            foreach (var segment in result.Buffer)
            {
                for (var rest = segment.Span; !rest.IsEmpty; rest = rest[Math.Min(rest.Length, expected.Length)..])
                {
                    var part = rest[..Math.Min(rest.Length, expected.Length)];
                    Content.Fill(expected.AsSpan(0, part.Length), pair.Host.Id, false, received);
                    Assert.True(part.SequenceEqual(expected.AsSpan(0, part.Length)));
                    received += part.Length;
                }
            }

            pair.Host.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }

        await sending;
        Assert.Equal(Total, received);
        TestContext.Current.SendDiagnosticMessage($"{Total / watch.Elapsed.TotalSeconds / 1e6:0} MB/s, made and checked");
    }

    [Fact]
    public async Task DisposeAsync_OnTheHost_EndsBothSidesInOrder()
    {
        await using var pair = await AttachedPair.CreateAsync();
        await pair.Host.Output.WriteAsync("last"u8.ToArray());
        await pair.Host.DisposeAsync();

        Assert.Equal(SessionEnd.Closed, await pair.Host.Ended);
        Assert.Equal(SessionEnd.PeerClosed, await pair.Guest.Ended);
        var rest = await pair.Guest.Input.ReadAtLeastAsync(100);
        Assert.True(rest.IsCompleted);
        Assert.Equal("last"u8.ToArray(), rest.Buffer.ToArray());
    }

    [Fact]
    public async Task Abort_OnTheGuest_FailsTheHostsReader()
    {
        await using var pair = await AttachedPair.CreateAsync();
        pair.Guest.Abort(ResetReason.Aborted, "out of memory");
        Assert.Equal(SessionEnd.PeerAborted, await pair.Host.Ended);
        var exception = await Assert.ThrowsAsync<SessionEndedException>(() => pair.Host.Input.ReadAsync().AsTask());
        Assert.Contains("out of memory", exception.Message, StringComparison.Ordinal);
        Assert.Contains("out of memory", pair.Host.EndMessage, StringComparison.Ordinal);
        Assert.Equal(SessionEnd.Aborted, await pair.Guest.Ended);
    }

    [Fact]
    public async Task Complete_BothSides_ClosesTheSession()
    {
        await using var pair = await AttachedPair.CreateAsync();
        await pair.Host.Output.CompleteAsync();
        Assert.True((await pair.Guest.Input.ReadAsync()).IsCompleted);
        await pair.Guest.Output.WriteAsync("still"u8.ToArray());
        await pair.Guest.Output.CompleteAsync();
        var rest = await pair.Host.Input.ReadAtLeastAsync(100);
        Assert.Equal("still"u8.ToArray(), rest.Buffer.ToArray());
        Assert.Equal(SessionEnd.Closed, await pair.Host.Ended);
        Assert.Equal(SessionEnd.Closed, await pair.Guest.Ended);
    }

    [Fact]
    public async Task Listener_SecondHost_ReplacesTheFirst()
    {
        var port = new FakeVirtioPort();
        await using var listener = new GuestSessionListener(FakeGuestPort.Open(port));
        var first = FakeClientPort.Connect(port);
        await using var host = await HostSession.AttachAsync(first, Patient.Options);
        var guest = await listener.AcceptAsync();
        var second = FakeClientPort.Connect(port);
        await first.DisposeAsync();
        await using var next = await HostSession.AttachAsync(second, Patient.Options);
        Assert.Contains(await guest.Ended, new[] { SessionEnd.Replaced, SessionEnd.PeerDetached });
        Assert.Equal(next.Id, (await listener.AcceptAsync()).Id);
    }

    [Fact]
    public async Task Listener_AgentRestarts_HostLearnsItAtOnce()
    {
        var port = new FakeVirtioPort();
        var old = FakeGuestPort.Open(port);
        _ = new GuestSessionListener(old);
        await using var host = await HostSession.AttachAsync(FakeClientPort.Connect(port), Patient.Options);
        await old.DisposeAsync();
        Assert.False(host.Ended.IsCompleted);
        await using var restarted = new GuestSessionListener(FakeGuestPort.Open(port));
        Assert.Equal(SessionEnd.AgentRestarted, await host.Ended.WaitAsync(TimeSpan.FromMinutes(2)));
    }

    [Fact]
    public async Task Listener_Disposed_TellsTheHost()
    {
        await using var pair = await AttachedPair.CreateAsync();
        await pair.Listener.DisposeAsync();
        Assert.Equal(SessionEnd.PeerClosed, await pair.Host.Ended);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pair.Listener.AcceptAsync().AsTask());
    }

    /// <summary>Whoever sends goes on with what others want sent: that it has not come to it yet is no reason to close the port without it.</summary>
    [Fact]
    public async Task Listener_DisposedWhileAnotherThreadSends_TellsTheHost()
    {
        var (guestPort, hostPort) = await SocketPair.CreateAsync();
        var port = new HeldWritePort(guestPort);
        var listener = new GuestSessionListener(port);
        await using var host = await HostSession.AttachAsync(hostPort, Patient.Options);
        await using var guest = await listener.AcceptAsync();
        await host.PingAsync();

        port.HoldNextWrite();
        var sending = Task.Run(() => guest.Output.WriteAsync("last"u8.ToArray()).AsTask());
        await port.Held.Task;
        var disposing = listener.DisposeAsync().AsTask();
        port.LetGo();

        await disposing.WaitAsync(TimeSpan.FromMinutes(2));
        await sending;
        Assert.Equal(SessionEnd.PeerClosed, await host.Ended.WaitAsync(TimeSpan.FromMinutes(2)));
    }

    /// <summary>A listener that can hear and not answer would be deaf for ever, and nobody would know.</summary>
    [Fact]
    public async Task Listener_WriteFails_AcceptFailsWithThatReason()
    {
        var (guestPort, hostPort) = await SocketPair.CreateAsync();
        var port = new FailingWritePort(guestPort);
        await using var listener = new GuestSessionListener(port);
        await using var host = await HostSession.AttachAsync(hostPort, Patient.Options);
        await using var guest = await listener.AcceptAsync();
        var accepting = listener.AcceptAsync().AsTask();

        port.FailNextWrite();
        await guest.Output.WriteAsync("lost"u8.ToArray());
        var exception = await Assert.ThrowsAsync<PortException>(() => accepting.WaitAsync(TimeSpan.FromMinutes(2)));

        Assert.Contains("Cannot allocate memory", exception.Message, StringComparison.Ordinal);
        Assert.Equal(SessionEnd.PortFailed, await guest.Ended.WaitAsync(TimeSpan.FromMinutes(2)));
        Assert.True(port.IsDisposed);
    }

    [Fact]
    public async Task Input_NotRead_StopsTheSender()
    {
        var port = new FakeVirtioPort(new FakePortLimits { OutputSizeBytes = 64 * 1024 });
        await using var listener = new GuestSessionListener(FakeGuestPort.Open(port));
        await using var host = await HostSession.AttachAsync(FakeClientPort.Connect(port), Patient.Options);
        var guest = await listener.AcceptAsync();
        long sent = 0;
        var sending = Task.Run(async () =>
        {
            while (sent < 10_000_000)
            {
                await guest.Output.WriteAsync(new byte[10_000]);
                Interlocked.Add(ref sent, 10_000);
            }
        });
        await Task.Delay(500);
        Assert.False(sending.IsCompleted);
        Assert.InRange(Interlocked.Read(ref sent), 0, 1_000_000);

        long received = 0;
        while (received < 10_000_000)
        {
            var result = await host.Input.ReadAsync();
            received += result.Buffer.Length;
            host.Input.AdvanceTo(result.Buffer.End);
        }

        await sending;
    }
}
