using System.Net;
using GuestTune.VirtioSerial;

namespace GuestTune.Agent.Transport;

/// <summary>Where the server's sessions come from.</summary>
internal interface ISessionSource
{
    EndPoint EndPoint { get; }

    /// <summary>Begins to let hosts in.</summary>
    /// <exception cref="PortException">The port cannot be opened; the message says what to do.</exception>
    void Open();

    /// <exception cref="PortException">The port failed or was unplugged.</exception>
    ValueTask<Session> AcceptAsync(CancellationToken cancellationToken);
}
