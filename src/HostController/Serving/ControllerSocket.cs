using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace GuestTune.Controller.Serving;

/// <summary>
/// The place where the daemon listens: its directory, a lock that only one daemon holds, and the socket's owner and mode.
/// </summary>
internal sealed class ControllerSocket : IDisposable
{
    private const UnixFileMode DirectoryMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;

    private const UnixFileMode SocketMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private readonly string _path;
    private readonly uint? _groupId;
    private readonly FileStream _lock;

    private ControllerSocket(string path, uint? groupId, FileStream held)
    {
        _path = path;
        _groupId = groupId;
        _lock = held;
    }

    /// <param name="runtimeDirectory">The directory that systemd made for the daemon ($RUNTIME_DIRECTORY), where it did.</param>
    /// <exception cref="ServeException">The socket cannot be had.</exception>
    public static ControllerSocket Prepare(string path, uint? groupId, string? runtimeDirectory)
    {
        try
        {
            var directory = Path.GetDirectoryName(path)!;
            var created = !Directory.Exists(directory);
            Directory.CreateDirectory(directory, DirectoryMode);
            if (created)
            {
                // A strict umask would have kept the group out.
                File.SetUnixFileMode(directory, DirectoryMode);
            }

            // A directory that is somebody else's, such as /tmp, is left as it is.
            if (groupId is { } group && (created || string.Equals(directory, runtimeDirectory, StringComparison.Ordinal)))
            {
                GiveToGroup(directory, group);
            }

            var held = Lock(path);
            try
            {
                RemoveStale(path);
                return new ControllerSocket(path, groupId, held);
            }
            catch
            {
                held.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ServeException($"cannot listen on {path}: {e.Message}", e);
        }
    }

    /// <summary>To be called when the socket is there.</summary>
    public void Protect()
    {
        File.SetUnixFileMode(_path, SocketMode);
        if (_groupId is { } group)
        {
            GiveToGroup(_path, group);
        }
    }

    public void Dispose() => _lock.Dispose();

    // Two daemons that start at once would both find a stale socket, and the second would remove the first one's new one.
    private static FileStream Lock(string path)
    {
        try
        {
            // Whoever can open the file can hold its lock, and so keep the daemon from starting.
            return new FileStream($"{path}.lock", new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
        {
            throw new ServeException($"another guesttune serve holds {path}.lock; only one daemon listens on a socket", e);
        }
    }

    private static void RemoveStale(string path)
    {
        if (!Path.Exists(path))
        {
            return;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused && IsSocket(path))
        {
            File.Delete(path);
            return;
        }
        catch (SocketException e)
        {
            throw new ServeException($"{path} exists and is not a socket that was left behind ({e.Message}); move it away or name another socket", e);
        }

        throw new ServeException($"another program listens on {path}; stop it or name another socket");
    }

    // connect(2) is refused by other kinds of files too, and those must stay. Only a socket cannot be opened (ENXIO,
    // open(2)); opened for reading and writing, a FIFO does not block.
    private static bool IsSocket(string path)
    {
        try
        {
            using var _ = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static void GiveToGroup(string path, uint group)
    {
        if (Libc.ChangeOwner(path, Libc.SameOwner, group) != 0)
        {
            throw new ServeException($"cannot give {path} to group {group}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }
}
