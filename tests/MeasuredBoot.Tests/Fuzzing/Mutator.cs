using System.Buffers.Binary;

namespace GuestTune.MeasuredBoot.Tests.Fuzzing;

/// <summary>Damages inputs of a corpus as transports and attackers do. The same seed makes the same input, on every machine.</summary>
internal sealed class Mutator(IReadOnlyList<byte[]> corpus, IReadOnlyList<byte[]> words)
{
    private const int MaximumSizeBytes = 128 * 1024;
    private const int MaximumChanges = 6;
    private const int MaximumRepeats = 200;

    /// <summary>Where code counts or compares, it goes wrong at these.</summary>
    private static readonly ulong[] Extremes =
    [
        0, 1, 2, 15, 16, 17, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, ulong.MaxValue,
    ];

    public byte[] Make(int seed)
    {
        // A seed of its own gives Random the algorithm that .NET promises to keep.
        var random = new Random(seed);
        var input = Pick(random, corpus);
        for (var changes = random.Next(1, MaximumChanges + 1); changes > 0; changes--)
        {
            input = Change(random, input);
        }

        return input.Length <= MaximumSizeBytes ? input : input[..MaximumSizeBytes];
    }

    private byte[] Change(Random random, byte[] input)
    {
        var at = random.Next(input.Length + 1);
        var length = random.Next(Math.Min(input.Length - at, random.Next(2) == 0 ? 16 : int.MaxValue) + 1);
        return random.Next(10) switch
        {
            0 or 1 => FlipBit(random, input),
            2 or 3 => SetNumber(random, input),
            4 => input[..at],
            5 => [.. input[..at], .. input[(at + length)..]],
            6 => Repeat(input, at, length, random.Next(1, MaximumRepeats)),
            7 => Splice(random, input, at),
            8 when words.Count > 0 => [.. input[..at], .. Pick(random, words), .. input[(random.Next(2) == 0 ? at : at + length)..]],
            _ => Overwrite(random, input, at, length),
        };
    }

    private static byte[] FlipBit(Random random, byte[] input)
    {
        byte[] changed = [.. input];
        if (changed.Length > 0)
        {
            changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
        }

        return changed;
    }

    /// <summary>A length, a count or an algorithm, of either byte order: an extreme, what is really left, or one more or less than it is.</summary>
    private static byte[] SetNumber(Random random, byte[] input)
    {
        byte[] changed = [.. input];
        var size = 1 << random.Next(4);
        if (changed.Length < size)
        {
            return changed;
        }

        var at = random.Next(changed.Length - size + 1);
        var field = changed.AsSpan(at, size);
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        var isBigEndian = random.Next(2) == 0;
        var value = random.Next(3) switch
        {
            0 => Extremes[random.Next(Extremes.Length)],
            1 => (ulong)(changed.Length - at - size + random.Next(-1, 2)),
            _ => Read(field, isBigEndian) + (ulong)(random.Next(2) == 0 ? 1 : -1),
        };
        if (isBigEndian)
        {
            BinaryPrimitives.WriteUInt64BigEndian(number, value);
            number[^size..].CopyTo(field);
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(number, value);
            number[..size].CopyTo(field);
        }

        return changed;
    }

    private static ulong Read(ReadOnlySpan<byte> field, bool isBigEndian)
    {
        ulong value = 0;
        for (var i = 0; i < field.Length; i++)
        {
            value = (value << 8) | field[isBigEndian ? i : field.Length - 1 - i];
        }

        return value;
    }

    private static byte[] Repeat(byte[] input, int at, int length, int times)
    {
        times = Math.Min(times, (MaximumSizeBytes / Math.Max(1, length)) + 1);
        return [.. input[..at], .. Enumerable.Repeat(input[at..(at + length)], times).SelectMany(static p => p), .. input[at..]];
    }

    private byte[] Splice(Random random, byte[] input, int at)
    {
        var other = Pick(random, corpus);
        var from = random.Next(other.Length + 1);
        return [.. input[..at], .. other[from..(from + random.Next(other.Length - from + 1))], .. random.Next(2) == 0 ? input[at..] : []];
    }

    private static byte[] Overwrite(Random random, byte[] input, int at, int length)
    {
        byte[] changed = [.. input];
        if (random.Next(2) == 0)
        {
            changed.AsSpan(at, length).Fill((byte)Extremes[random.Next(9)]);
        }
        else
        {
            random.NextBytes(changed.AsSpan(at, length));
        }

        return changed;
    }

    private static T Pick<T>(Random random, IReadOnlyList<T> from) => from[random.Next(from.Count)];
}
