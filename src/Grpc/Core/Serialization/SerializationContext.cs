using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a marshaller puts the bytes of a message: either <see cref="Complete(byte[])"/>, or optionally
/// <see cref="SetPayloadLength"/>, then <see cref="GetBufferWriter"/>, then <see cref="Complete()"/>
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests, Length-Prefixed-Message).</summary>
public abstract class SerializationContext
{
    /// <summary>Hands over a message in one array, which the caller no longer touches.</summary>
    public virtual void Complete(byte[] payload) => throw new NotSupportedException();

    /// <summary>A writer for the message.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotSupportedException();

    /// <summary>Says how many bytes will be written, which saves a copy.</summary>
    public virtual void SetPayloadLength(int payloadLength)
    {
    }

    /// <summary>Ends a message written with <see cref="GetBufferWriter"/>.</summary>
    public virtual void Complete() => throw new NotSupportedException();
}
