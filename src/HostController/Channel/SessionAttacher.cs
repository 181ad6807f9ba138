using GuestTune.Controller.Libvirt;
using GuestTune.VirtioSerial;

namespace GuestTune.Controller.Channel;

/// <summary>Attaches real sessions; the caller's time limit is the only one.</summary>
internal static class SessionAttacher
{
    private static readonly SessionOptions Options = new()
    {
        AttachTimeout = TimeSpan.FromHours(2),
        // Within the time limit of a call it must be known whether the guest is silent or only its answer is late.
        HeartbeatInterval = TimeSpan.FromSeconds(2),
        UnresponsiveAfter = TimeSpan.FromSeconds(4),
    };

    public static async ValueTask<Session> AttachAsync(ChannelAddress address, CancellationToken cancellationToken) => address switch
    {
        SocketChannel socket => await HostSession.AttachAsync(socket.Path, Options, cancellationToken),
        LibvirtChannel libvirt => await HostSession.AttachAsync(await LibvirtPort.OpenAsync(libvirt, cancellationToken), Options, cancellationToken),
        _ => throw new AttachException(AttachFailure.BadPath, $"there is no way to {address.Name}"),
    };
}
