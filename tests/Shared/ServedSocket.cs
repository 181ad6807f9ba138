using System.Diagnostics;

namespace GuestTune.Testing;

/// <summary>A UNIX socket that a program has been started to serve: what one waits for is that it lets clients in.</summary>
internal static class ServedSocket
{
    /// <summary>__SO_ACCEPTCON of include/linux/net.h, as net/unix/af_unix.c shows it.</summary>
    private const string Listens = "00010000";

    private const int FlagsField = 3;

    /// <summary>Only a program that hangs takes so long; one that ends is noticed at once.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Whether clients are let in. The file says nothing: bind(2) makes it, until listen(2) clients are refused, and that of an earlier program stays.
    /// Connecting tells as well, but then some programs have had their only client.
    /// </summary>
    public static bool IsServed(string path) => File.ReadLines("/proc/net/unix").Any(line =>
        line.EndsWith($" {path}", StringComparison.Ordinal) && string.Equals(line.Split(' ')[FlagsField], Listens, StringComparison.Ordinal));

    /// <param name="isAlive">Whether the program is still there.</param>
    /// <exception cref="IOException">The program has ended, or hangs.</exception>
    public static void WaitFor(string path, Func<bool> isAlive)
    {
        var watch = Stopwatch.StartNew();
        while (!IsServed(path))
        {
            if (!isAlive())
            {
                throw new IOException($"nobody serves {path}: its program has ended");
            }

            if (watch.Elapsed > TimeLimit)
            {
                throw new IOException($"nobody serves {path}, {TimeLimit.TotalSeconds:0} s after the start of its program");
            }

            Thread.Sleep(10);
        }
    }
}
