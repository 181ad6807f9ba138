using GuestTune.FakePort;
using GuestTune.VirtioSerial.Host;

namespace GuestTune.VirtioSerial.Tests.Simulation;

/// <summary>A program on the host that attaches and then uses its session.</summary>
internal sealed class HostProcess
{
    private readonly SessionOptions _options;
    private readonly ManualTimeProvider _clock;
    private int _attempts;
    private TimeSpan _nextAttempt;

    public HostProcess(FakeClient client, SessionOptions options, ManualTimeProvider clock, Func<SessionId> createId, Action<ReadOnlySpan<byte>> record)
    {
        _options = options;
        _clock = clock;
        Port = new SteppedPort(
            client.Read,
            bytes =>
            {
                var count = client.Write(bytes);
                record(bytes[..Math.Max(0, count)]);
                return count;
            },
            static () => true,
            client.Close);
        Channel = new HostChannel(Port, "host", options, clock, createId);
        Channel.BeginAttach();
        _nextAttempt = clock.Now + options.GetHelloRetryDelay(0);
    }

    public SteppedPort Port { get; }

    public HostChannel Channel { get; }

    public SessionUser? User { get; private set; }

    public bool IsOver => Port.IsClosed;

    public void Step(int reads)
    {
        Port.Step(reads);
        if (Channel.Session is not null && User is null)
        {
            User = new SessionUser(Channel.Session, isHost: true);
        }

        if (User is null && !IsOver && _clock.Now >= _nextAttempt)
        {
            Channel.RetryAttach();
            _attempts++;
            _nextAttempt = _clock.Now + _options.GetHelloRetryDelay(_attempts);
        }
    }
}
