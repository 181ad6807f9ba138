using System.Net.Sockets;
using System.Text.Json;
using GuestTune.Controller.Libvirt;
using GuestTune.Controller.Rendering;

namespace GuestTune.Controller.QemuGa;

/// <summary>Asks a VM's qemu-ga on the socket that QEMU serves, or through libvirt.</summary>
internal sealed class QemuGaClient : IQemuGaClient
{
    private const string InfoCommand = """{"execute":"guest-info"}""";

    public async Task<GuestInfo> AskInfoAsync(QemuGaAddress address, CancellationToken cancellationToken)
    {
        try
        {
            return address switch
            {
                QemuGaSocketAddress socket => await AskSocketAsync(socket.Path, cancellationToken),
                QemuGaLibvirtAddress libvirt => await AskLibvirtAsync(libvirt, cancellationToken),
                _ => throw new QemuGaException($"there is no way to {address.Name}"),
            };
        }
        catch (Exception e) when (e is SocketException or IOException or LibvirtException or JsonException or ArgumentException)
        {
            throw new QemuGaException(TerminalText.Escape(e.Message, 300), e);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
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

    // The call blocks; libvirt ends it by its own time limit, after the user has gone.
    private static async Task<GuestInfo> AskLibvirtAsync(QemuGaLibvirtAddress address, CancellationToken cancellationToken)
    {
        var asking = Task.Factory.StartNew(
            () =>
            {
                using var connection = LibvirtConnection.Open(address.Uri);
                return connection.AskQemuGa(address.Domain, InfoCommand);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        using var answer = JsonDocument.Parse(await asking.WaitAsync(cancellationToken), new JsonDocumentOptions { MaxDepth = 16 });
        return GuestInfo.Parse(answer.RootElement);
    }
}
