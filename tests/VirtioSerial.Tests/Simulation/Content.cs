using System.Buffers.Binary;

namespace GuestTune.VirtioSerial.Tests.Simulation;

/// <summary>The bytes that a session carries: each follows from the session, the direction and the position, so that any byte in the wrong
/// place is seen.</summary>
internal static class Content
{
    public static void Fill(Span<byte> destination, SessionId session, bool fromHost, long position)
    {
        var key = session.Low ^ (session.High * 3) ^ (fromHost ? 0x5555555555555555ul : 0);
        while (!destination.IsEmpty)
        {
            var block = Mix(key + ((ulong)position >> 3)) >> ((int)(position & 7) * 8);
            var count = Math.Min(destination.Length, 8 - (int)(position & 7));
            if (count == 8)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(destination, block);
            }
            else
            {
                for (var i = 0; i < count; i++, block >>= 8)
                {
                    destination[i] = (byte)block;
                }
            }

            position += count;
            destination = destination[count..];
        }
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }
}
