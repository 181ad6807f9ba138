using System.Net.Sockets;
using System.Text.Json;
using GuestTune.Controller.Libvirt;
using GuestTune.Controller.Rendering;

namespace GuestTune.Controller.QemuGa;

/// <summary>Asks a VM's qemu-ga on the socket that QEMU serves, or through libvirt.</summary>
internal sealed class QemuGaClient(LibvirtClients libvirt) : IQemuGaClient
{
    private const string InfoCommand = """{"execute":"guest-info"}""";

    public async Task<GuestInfo> AskInfoAsync(QemuGaAddress address, CancellationToken cancellationToken)
    {
        try
        {
            return address switch
            {
                QemuGaSocketAddress socket => await AskSocketAsync(socket.Path, cancellationToken),
                QemuGaLibvirtAddress domain => await AskLibvirtAsync(domain, cancellationToken),
                _ => throw new QemuGaException($"there is no way to {address.Name}"),
            };
        }
        catch (Exception e) when (e is SocketException or IOException or LibvirtException or JsonException or ArgumentException)
        {
            throw new QemuGaException(TerminalText.Escape(e.Message, 300), e);
        }
        catch (DllNotFoundException e)
        {
            throw new QemuGaException("libvirt-qemu.so.0 is not installed, by which libvirt passes questions on to qemu-ga", e);
        }
    }

    private static async Task<GuestInfo> AskSocketAsync(string path, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        return await new QemuGaSession(stream).AskInfoAsync(cancellationToken);
    }

    private async Task<GuestInfo> AskLibvirtAsync(QemuGaLibvirtAddress address, CancellationToken cancellationToken)
    {
        var said = await libvirt.Get(address.Uri, LibvirtAccess.Write).AskAsync(
            connection =>
            {
                using var domain = connection.Find(address.Domain);
                return domain.AskQemuGa(InfoCommand);
            },
            cancellationToken);
        using var answer = JsonDocument.Parse(said, new JsonDocumentOptions { MaxDepth = 16 });
        return GuestInfo.Parse(answer.RootElement);
    }
}
