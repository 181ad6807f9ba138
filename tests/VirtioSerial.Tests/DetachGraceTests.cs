using System.Buffers;

namespace GuestTune.VirtioSerial.Tests;

public class DetachGraceTests
{
    [Fact]
    public async Task Read_ZeroAfterTheNextHostsHello_SessionGoesOn()
    {
        var (inner, hostPort) = await SocketPair.CreateAsync();
        var port = new LateZeroPort(inner);
        await using var listener = new GuestSessionListener(port, new SessionOptions { DetachGrace = TimeSpan.FromHours(1) });
        await using var host = await HostSession.AttachAsync(hostPort, Patient.Options);
        await using var guest = await listener.AcceptAsync();

        port.GiveZero();
        await host.Output.WriteAsync("before"u8.ToArray());
        var first = await guest.Input.ReadAtLeastAsync(6);
        guest.Input.AdvanceTo(first.Buffer.End);
        await host.Output.WriteAsync("+after"u8.ToArray());
        var result = await guest.Input.ReadAtLeastAsync(6).AsTask().WaitAsync(TimeSpan.FromMinutes(2));

        Assert.Equal("+after"u8.ToArray(), result.Buffer.ToArray());
        Assert.False(guest.Ended.IsCompleted);
    }

    [Fact]
    public async Task Read_ZeroAndNoHostForAWhile_SessionEnds()
    {
        var (inner, hostPort) = await SocketPair.CreateAsync();
        var port = new LateZeroPort(inner);
        await using var listener = new GuestSessionListener(port, new SessionOptions { DetachGrace = TimeSpan.FromMilliseconds(50) });
        await using var host = await HostSession.AttachAsync(hostPort, Patient.Options);
        await using var guest = await listener.AcceptAsync();

        port.HasPeer = false;
        port.GiveZero();
        await host.Output.WriteAsync("last"u8.ToArray());

        Assert.Equal(SessionEnd.PeerDetached, await guest.Ended.WaitAsync(TimeSpan.FromMinutes(2)));
    }
}
