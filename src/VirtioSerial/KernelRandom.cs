using System.Runtime.InteropServices;

namespace GuestTune.VirtioSerial;

/// <summary>Random bytes straight from the kernel.</summary>
/// <remarks>
/// RandomNumberGenerator takes them from OpenSSL, and the process is aborted in a guest that has no libssl; loading it costs memory
/// and the time of a start as well.
/// </remarks>
internal static partial class KernelRandom
{
    private const int Interrupted = 4; // EINTR

    public static unsafe void Fill(Span<byte> destination)
    {
        fixed (byte* start = destination)
        {
            for (nint filled = 0; filled < destination.Length;)
            {
                // getrandom(2): as good as /dev/urandom, and waits only while a kernel that has just booted has no randomness yet.
                var count = GetRandom(start + filled, (nuint)(destination.Length - filled), 0);
                if (count < 0 && Marshal.GetLastPInvokeError() != Interrupted)
                {
                    throw new IOException($"getrandom failed: {Marshal.GetLastPInvokeErrorMessage()}");
                }

                filled += Math.Max(count, 0);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "getrandom", SetLastError = true)]
    private static unsafe partial nint GetRandom(byte* buffer, nuint sizeBytes, uint flags);
}
