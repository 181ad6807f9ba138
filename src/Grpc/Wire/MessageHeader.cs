using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace Grpc.Internal.Wire;

/// <summary>The five bytes before every message: compressed flag and length
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests, Length-Prefixed-Message).</summary>
internal readonly record struct MessageHeader(bool IsCompressed, int LengthBytes)
{
    public const int SizeBytes = 5;

    public static MessageHeader Read(ReadOnlySpan<byte> source)
    {
        var flag = source[0];
        if (flag > 1)
        {
            throw new RpcException(new Status(StatusCode.Internal, "Unexpected compressed flag value in message header."));
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(source[1..]);
        if (length > int.MaxValue)
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, MessageErrors.ReceivedTooLarge));
        }

        return new MessageHeader(flag == 1, (int)length);
    }

    public static MessageHeader Read(in ReadOnlySequence<byte> source)
    {
        if (source.FirstSpan.Length >= SizeBytes)
        {
            return Read(source.FirstSpan);
        }

        Span<byte> header = stackalloc byte[SizeBytes];
        source.Slice(0, SizeBytes).CopyTo(header);
        return Read(header);
    }

    public void Write(Span<byte> destination)
    {
        destination[0] = IsCompressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)LengthBytes);
    }
}
