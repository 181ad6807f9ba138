using GuestTune.VirtioSerial.Frames;

namespace GuestTune.VirtioSerial.Tests;

public class FrameReaderTests
{
    private static readonly SessionId Mine = new(1, 2);
    private static readonly SessionId Other = new(3, 4);

    [Fact]
    public void TryRead_FrameInPieces_IsGivenOnlyWhenWhole()
    {
        var frame = Frame.Create(1, FrameType.Data, Mine, 0, "abcdef"u8);
        using var reader = Create();
        for (var i = 0; i < frame.Length - 1; i++)
        {
            Feed(reader, frame.AsSpan(i, 1));
            Assert.Equal(FrameReadStatus.NeedMore, reader.TryRead(out _, out _));
        }

        Feed(reader, frame.AsSpan(frame.Length - 1));
        Assert.Equal(FrameReadStatus.Frame, reader.TryRead(out _, out var payload));
        Assert.Equal("abcdef"u8.ToArray(), payload.ToArray());
    }

    [Fact]
    public void TryRead_TornFrameCompletedByAnother_FindsTheOther()
    {
        var torn = Frame.Create(1, FrameType.Data, Mine, 0, new byte[20]);
        using var reader = Create();
        Feed(reader, torn.AsSpan(0, torn.Length - 10));
        Feed(reader, Frame.Hello(Other, 1, 1, 512));

        Assert.Equal(FrameReadStatus.CorruptPayload, reader.TryRead(out _, out _));
        Assert.Equal((FrameType.Hello, Other), NextFrame(reader));
    }

    [Fact]
    public void TryRead_TornFrameOfAnotherSession_IsNotWaitedFor()
    {
        var torn = Frame.Create(1, FrameType.Data, Other, 0, new byte[30_000]);
        using var reader = Create();
        Feed(reader, torn.AsSpan(0, 100));
        Feed(reader, Frame.Hello(Other, 1, 1, 512));

        Assert.Equal(FrameReadStatus.Foreign, reader.TryRead(out _, out _));
        Assert.Equal((FrameType.Hello, Other), NextFrame(reader));
    }

    [Fact]
    public void TryRead_LargestTornFrameAndPadding_IsCompleted()
    {
        var torn = Frame.Create(1, FrameType.Data, Mine, 0, new byte[FrameHeader.MaxPayloadSizeBytes]);
        using var reader = Create();
        Feed(reader, torn.AsSpan(0, FrameHeader.SizeBytes));
        Feed(reader, Frame.Hello(Other, 1, 1, 512));
        Assert.Equal(FrameReadStatus.NeedMore, reader.TryRead(out _, out _));

        Feed(reader, Frame.Pad(Other, 1));
        Assert.Equal(FrameReadStatus.CorruptPayload, reader.TryRead(out _, out _));
        Assert.Equal((FrameType.Hello, Other), NextFrame(reader));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(23)]
    [InlineData(24)]
    [InlineData(28)]
    [InlineData(32)]
    public void TryRead_ChangedHeaderByte_IsGarbageAndNeverWaitedFor(int index)
    {
        var frame = Frame.Create(1, FrameType.Data, Mine, 0, "abcdef"u8);
        frame[index] ^= 0x40;
        using var reader = Create();
        Feed(reader, frame);
        Feed(reader, Frame.Hello(Other, 1, 1, 512));

        Assert.Equal(FrameReadStatus.Garbage, reader.TryRead(out _, out _));
        Assert.Equal((FrameType.Hello, Other), NextFrame(reader));
    }

    [Fact]
    public void TryRead_LargePayloadOfAFrameThatNeedsNoSession_IsNotBelieved()
    {
        using var reader = Create();
        Feed(reader, Frame.Create(1, FrameType.Reset, Other, 0, new byte[513]));
        Assert.Equal(FrameReadStatus.Foreign, reader.TryRead(out _, out _));
    }

    [Fact]
    public void TryRead_MagicAcrossReads_IsFound()
    {
        var frame = Frame.Hello(Other, 1, 1, 512);
        for (var split = 1; split < 4; split++)
        {
            using var reader = Create();
            Feed(reader, [0x9E, 0x9E, (byte)'G', 0x20, .. frame[..split]]);
            while (reader.TryRead(out _, out _) != FrameReadStatus.NeedMore)
            {
            }

            Feed(reader, frame.AsSpan(split));
            Assert.Equal((FrameType.Hello, Other), NextFrame(reader));
        }
    }

    [Fact]
    public void GetMemory_AfterALargeFrame_HoldsASmallBufferAgain()
    {
        using var reader = Create();
        Assert.Equal(FrameReader.SmallBufferSizeBytes, reader.HeldSizeBytes);
        Feed(reader, Frame.Create(1, FrameType.Data, Mine, 0, new byte[FrameHeader.MaxPayloadSizeBytes]));
        Assert.True(reader.HeldSizeBytes > FrameHeader.MaxFrameSizeBytes);
        Assert.Equal(FrameReadStatus.Frame, reader.TryRead(out _, out _));

        reader.GetMemory();
        Assert.Equal(FrameReader.SmallBufferSizeBytes, reader.HeldSizeBytes);
    }

    [Fact]
    public void GetMemory_WhateverArrives_NeverHoldsMoreThanTwoFrames()
    {
        var random = new Random(1);
        using var reader = Create();
        for (var i = 0; i < 2000; i++)
        {
            var bytes = random.Next(2) == 0 ? new byte[random.Next(5000)] : Frame.Create(1, FrameType.Data, Mine, 0, new byte[random.Next(32_000)])[..^random.Next(30)];
            Feed(reader, bytes);
            while (reader.TryRead(out _, out _) != FrameReadStatus.NeedMore)
            {
            }

            Assert.InRange(reader.HeldSizeBytes, 0, 2 * FrameHeader.MaxFrameSizeBytes);
        }
    }

    private static FrameReader Create() => new() { Session = Mine, SessionlessTypes = FrameReader.Bit(FrameType.Hello) | FrameReader.Bit(FrameType.Reset) };

    private static void Feed(FrameReader reader, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var memory = reader.GetMemory();
            Assert.False(memory.IsEmpty);
            var count = Math.Min(memory.Length, bytes.Length);
            bytes[..count].CopyTo(memory.Span);
            reader.Advance(count);
            bytes = bytes[count..];
            if (!bytes.IsEmpty && memory.Length == count)
            {
                continue;
            }
        }
    }

    private static (FrameType Type, SessionId Session) NextFrame(FrameReader reader)
    {
        while (true)
        {
            switch (reader.TryRead(out var header, out _))
            {
                case FrameReadStatus.Frame:
                    return (header.Type, header.Session);
                case FrameReadStatus.NeedMore:
                    return default;
                default:
                    break;
            }
        }
    }
}
