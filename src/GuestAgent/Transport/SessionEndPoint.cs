using System.Net;

namespace GuestTune.Agent.Transport;

/// <summary>The port that sessions come in on, named for logs.</summary>
internal sealed class SessionEndPoint(string portName) : EndPoint
{
    public override string ToString() => $"virtio-serial:{portName}";
}
