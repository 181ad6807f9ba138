using System.Buffers;
using Grpc.Core;

namespace Grpc.Internal.Wire;

/// <summary>Shows a marshaller the bytes of one message after another; one per call, since its messages are read one at a time.</summary>
internal sealed class PayloadContext : DeserializationContext
{
    private ReadOnlySequence<byte>? _payload;

    public override int PayloadLength => (int)Payload.Length;

    private ReadOnlySequence<byte> Payload =>
        _payload ?? throw new InvalidOperationException("The payload of a message can only be read while it is deserialized.");

    public override byte[] PayloadAsNewBuffer() => Payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => Payload;

    public T Deserialize<T>(in ReadOnlySequence<byte> payload, Func<DeserializationContext, T> deserializer)
    {
        _payload = payload;
        try
        {
            return deserializer(this);
        }
        finally
        {
            _payload = null;
        }
    }
}
