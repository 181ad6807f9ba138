using System.Net.Sockets;
using System.Text;

namespace GuestTune.Controller.Serving;

/// <summary>Tells systemd how the daemon is (sd_notify(3)); without systemd it does nothing.</summary>
/// <param name="address">$NOTIFY_SOCKET: a path, or with a leading @ an abstract name.</param>
internal sealed class SystemdNotifier(string? address)
{
    public void Ready() => Send("READY=1");

    public void Stopping() => Send("STOPPING=1");

    private void Send(string state)
    {
        if (string.IsNullOrEmpty(address))
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(address[0] == '@' ? string.Concat("\0", address.AsSpan(1)) : address));
        }
        catch (SocketException)
        {
            // The daemon serves all the same; systemd's own time limit reports it.
        }
    }
}
