using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a marshaller finds the bytes of a message; valid only while the marshaller runs
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests, Length-Prefixed-Message).</summary>
public abstract class DeserializationContext
{
    /// <summary>Size of the message in bytes.</summary>
    public abstract int PayloadLength { get; }

    /// <summary>The message in an array of its own.</summary>
    public virtual byte[] PayloadAsNewBuffer() => throw new NotSupportedException();

    /// <summary>The message where it lies, without a copy; must not be kept.</summary>
    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => throw new NotSupportedException();
}
