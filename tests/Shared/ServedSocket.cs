using System.Diagnostics;
using System.Net.Sockets;

namespace GuestTune.Testing;

/// <summary>A UNIX socket that a program has been started to serve: what a test waits for is that it lets clients in.</summary>
internal static class ServedSocket
{
    /// <summary>Only a program that hangs takes so long; one that ends is noticed at once.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Connects as soon as the program lets it. The file says nothing: bind(2) makes it, and until listen(2) clients are refused; one of an earlier
    /// program refuses them too.
    /// </summary>
    /// <param name="isServing">Whether the program is still there.</param>
    /// <exception cref="IOException">The program has ended, or hangs.</exception>
    public static Socket Connect(string path, Func<bool> isServing)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var wasServing = isServing();
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(path));
                return socket;
            }
            catch (SocketException e)
            {
                socket.Dispose();
                if (!wasServing || watch.Elapsed > TimeLimit)
                {
                    throw new IOException($"nobody serves {path} ({e.Message}): its program {(wasServing ? $"is there, {TimeLimit.TotalSeconds:0} s after its start" : "has ended")}", e);
                }
            }

            Thread.Sleep(10);
        }
    }

    /// <summary>Returns as soon as a client would be let in.</summary>
    public static void WaitFor(string path, Func<bool> isServing) => Connect(path, isServing).Dispose();
}
