using GuestTune.VirtioSerial;

namespace GuestTune.Controller.Channel;

/// <summary>Opens a port and attaches a session to the agent behind it.</summary>
/// <exception cref="AttachException">The agent cannot be reached.</exception>
internal delegate ValueTask<Session> AttachSession(ChannelAddress address, CancellationToken cancellationToken);
