using GuestTune.FakePort;
using GuestTune.VirtioSerial.Guest;

namespace GuestTune.VirtioSerial.Tests.Simulation;

/// <summary>A run of the agent in the guest.</summary>
internal sealed class AgentProcess
{
    public AgentProcess(FakeGuestFile file, SessionOptions options, ManualTimeProvider clock, Func<SessionId> createId)
    {
        Port = new SteppedPort(file.Read, file.Write, () => file.IsHostConnected, file.Close);
        Channel = new GuestChannel(Port, "guest", options, clock, createId);
    }

    public SteppedPort Port { get; }

    public GuestChannel Channel { get; }

    public SessionUser? User { get; private set; }

    public void Step(int reads)
    {
        Port.Step(reads);
        Accept();
    }

    /// <summary>Goes on with the newest session; what it has not read of an older one does not matter any more.</summary>
    public void Accept()
    {
        while (Channel.TryAccept(out var session))
        {
            User = new SessionUser(session, isHost: false);
        }
    }
}
