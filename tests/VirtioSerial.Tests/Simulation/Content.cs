namespace GuestTune.VirtioSerial.Tests.Simulation;

/// <summary>The bytes that a session carries: each follows from the session, the direction and the position, so that any byte in the wrong
/// place is seen.</summary>
internal static class Content
{
    public static void Fill(Span<byte> destination, SessionId session, bool fromHost, long position)
    {
        var key = session.Low ^ (session.High * 3) ^ (fromHost ? 0x5555555555555555ul : 0);
        for (var i = 0; i < destination.Length; i++)
        {
            var block = Mix(key + ((ulong)(position + i) >> 3));
            var shift = (int)((position + i) & 7) * 8;
            do
            {
                destination[i] = (byte)(block >> shift);
                shift += 8;
            }
            while (shift < 64 && ++i < destination.Length);
        }
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
}
