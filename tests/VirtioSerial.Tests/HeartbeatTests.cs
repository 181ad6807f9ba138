using System.Collections.Concurrent;
using GuestTune.FakePort;

namespace GuestTune.VirtioSerial.Tests;

public sealed class HeartbeatTests : IAsyncLifetime
{
    private readonly FakeVirtioPort _port = new();
    private readonly ManualTimeProvider _clock = new();
    private GuestSessionListener _listener = null!;
    private Session _host = null!;
    private Session _guest = null!;

    public async ValueTask InitializeAsync()
    {
        _listener = new GuestSessionListener(FakeGuestPort.Open(_port), timeProvider: _clock);
        _host = await HostSession.AttachAsync(FakeClientPort.Connect(_port), null, _clock);
        _guest = await _listener.AcceptAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _listener.DisposeAsync();
        Assert.Equal(0, _clock.ArmedTimers);
    }

    [Fact]
    public void Session_NothingOwed_RunsNoTimer() => Assert.Equal(0, _clock.ArmedTimers);

    [Fact]
    public async Task Session_Answered_RunsNoTimerAfterOneInterval()
    {
        await _host.Output.WriteAsync(new byte[1]);
        Assert.Equal(1, _clock.ArmedTimers);
        await _guest.Output.WriteAsync(new byte[1]);
        await _host.Input.ReadAsync();
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(0, _clock.ArmedTimers);
    }

    [Fact]
    public async Task Session_SilentButAlive_IsAskedOnceAndRunsNoTimer()
    {
        await _host.Output.WriteAsync(new byte[1]);
        _clock.Advance(TimeSpan.FromSeconds(5));
        await WaitForAsync(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
            return _clock.ArmedTimers == 0;
        });
        await WaitForAsync(() => _host.IsPeerResponsive);
    }

    [Fact]
    public async Task Session_PeerPaused_IsUnresponsiveButNeverEnds()
    {
        var changes = new ConcurrentQueue<bool>();
        _host.PeerResponsivenessChanged += (_, _) => changes.Enqueue(_host.IsPeerResponsive);
        _port.MovesBytes = false;
        await _host.Output.WriteAsync(new byte[1]);
        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.True(_host.IsPeerResponsive);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.False(_host.IsPeerResponsive);
        _clock.Advance(TimeSpan.FromHours(10));
        Assert.False(_host.Ended.IsCompleted);

        _port.MovesBytes = true;
        _port.MoveToGuest(int.MaxValue);
        await WaitForAsync(() => changes.Count == 2);
        Assert.Equal([false, true], changes);
        Assert.Equal(1, (await _guest.Input.ReadAsync()).Buffer.Length);
    }

    [Fact]
    public async Task Session_PeerPausedForHours_IsAskedRarely()
    {
        _port.MovesBytes = false;
        await _host.Output.WriteAsync(new byte[1]);
        _clock.Advance(TimeSpan.FromHours(1));
        var queued = _port.MoveToGuest(int.MaxValue);
        Assert.InRange(queued, 37, 37 + (65 * 44));
        _port.MovesBytes = true;
        _port.MoveToHost(int.MaxValue);
        await WaitForAsync(() => _host.IsPeerResponsive);
    }

    [Fact]
    public async Task ExpectAnswer_NothingSent_AsksWhileItIsHeld()
    {
        _port.MovesBytes = false;
        using (_host.ExpectAnswer())
        {
            Assert.Equal(1, _clock.ArmedTimers);
            _clock.Advance(TimeSpan.FromSeconds(11));
            Assert.False(_host.IsPeerResponsive);
        }

        _port.MovesBytes = true;
        _port.MoveToGuest(int.MaxValue);
        await WaitForAsync(() => _host.IsPeerResponsive);
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(0, _clock.ArmedTimers);
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        for (var i = 0; i < 12_000 && !condition(); i++)
        {
            await Task.Delay(10);
        }

        Assert.True(condition());
    }
}
