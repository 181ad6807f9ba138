using System.Buffers;
using System.Diagnostics;

namespace GuestTune.VirtioSerial.Tests;

public class SessionTests
{
    [Fact]
    public async Task AttachAsync_AgentListens_BytesGoBothWays()
    {
        var (guestPort, hostPort) = await SocketPair.CreateAsync();
        await using var listener = new GuestSessionListener(guestPort);
        await using var host = await HostSession.AttachAsync(hostPort);
        await using var guest = await listener.AcceptAsync();

        Assert.Equal(host.Id, guest.Id);
        Assert.Equal(listener.InstanceId, host.AgentInstanceId);
        await host.Output.WriteAsync("question"u8.ToArray());
        await guest.Output.WriteAsync("answer"u8.ToArray());

        var question = await guest.Input.ReadAtLeastAsync(8);
        var answer = await host.Input.ReadAtLeastAsync(6);
        Assert.Equal("question"u8.ToArray(), question.Buffer.ToArray());
        Assert.Equal("answer"u8.ToArray(), answer.Buffer.ToArray());
        Assert.True(await host.PingAsync() > TimeSpan.Zero);
        Assert.True(await guest.PingAsync() > TimeSpan.Zero);
    }

    [Fact]
    public async Task Output_HundredMegabytes_ArriveInOrder()
    {
        var (guestPort, hostPort) = await SocketPair.CreateAsync();
        await using var listener = new GuestSessionListener(guestPort);
        await using var host = await HostSession.AttachAsync(hostPort);
        await using var guest = await listener.AcceptAsync();
        const int Total = 100_000_000;
        var watch = Stopwatch.StartNew();
        var sending = Task.Run(async () =>
        {
            var sent = 0;
            while (sent < Total)
            {
                var memory = guest.Output.GetMemory(16384);
                var count = Math.Min(memory.Length, Total - sent);
                for (var i = 0; i < count; i++)
                {
                    memory.Span[i] = (byte)((sent + i) % 251);
                }

                guest.Output.Advance(count);
                sent += count;
                await guest.Output.FlushAsync();
            }

            await guest.Output.CompleteAsync();
        });
        long received = 0;
        while (true)
        {
            var result = await host.Input.ReadAsync();
            foreach (var segment in result.Buffer)
            {
                foreach (var value in segment.Span)
                {
                    if (value != received % 251)
                    {
                        Assert.Fail($"Byte {received} is {value}.");
                    }

                    received++;
                }
            }

            host.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }

        await sending;
        Assert.Equal(Total, received);
        TestContext.Current.SendDiagnosticMessage($"{Total / watch.Elapsed.TotalSeconds / 1e6:0} MB/s");
    }
}
