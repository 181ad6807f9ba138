using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace GuestTune.Controller.Serving;

/// <summary>Who is at the other end of a UNIX socket, as the kernel recorded it when the connection was made.</summary>
/// <param name="Groups">The supplementary ones.</param>
internal sealed record PeerCredentials(int ProcessId, uint UserId, uint GroupId, IReadOnlyList<uint> Groups)
{
    // asm-generic/socket.h
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;
    private const int SoPeerGroups = 59;

    // NGROUPS_MAX (limits.h)
    private const int MostGroups = 65_536;

    public static PeerCredentials Of(Socket socket)
    {
        Span<int> credentials = stackalloc int[3];
        socket.GetRawSocketOption(SolSocket, SoPeerCred, MemoryMarshal.AsBytes(credentials));
        return new PeerCredentials(credentials[0], (uint)credentials[1], (uint)credentials[2], GroupsOf(socket));
    }

    private static uint[] GroupsOf(Socket socket)
    {
        for (var count = 64; count <= MostGroups; count *= 4)
        {
            var groups = new uint[count];
            try
            {
                var size = socket.GetRawSocketOption(SolSocket, SoPeerGroups, MemoryMarshal.AsBytes(groups.AsSpan()));
                return groups[..(size / sizeof(uint))];
            }
            catch (SocketException) when (count < MostGroups)
            {
                // ERANGE: there are more.
            }
            catch (SocketException)
            {
                break;
            }
        }

        return [];
    }
}
