using System.Buffers;
using Grpc.Core;
using Grpc.Internal.Wire;
using Grpc.Net.Compression;

namespace Grpc.Net.Client;

/// <summary>Collects one message after another, each behind its header, so that it leaves in a single write.</summary>
internal sealed class RequestSerializationContext(int? maxSizeBytes) : SerializationContext, IBufferWriter<byte>
{
    private const int FirstBufferSizeBytes = 512;

    private byte[] _buffer = [];
    private int _endBytes;
    private bool _isComplete;

    /// <summary>Serializes a message; the memory is valid until <see cref="Release"/>.</summary>
    public ReadOnlyMemory<byte> Serialize<T>(T message, Action<T, SerializationContext> serializer, ICompressionProvider? compression)
    {
        _isComplete = false;
        _endBytes = MessageHeader.SizeBytes;
        serializer(message, this);
        if (!_isComplete)
        {
            throw new InvalidOperationException("Serialization did not return a payload.");
        }

        if (compression is not null)
        {
            var compressed = MessageCompression.Compress(compression, level: null, _buffer.AsSpan(MessageHeader.SizeBytes.._endBytes));
            _endBytes = MessageHeader.SizeBytes;
            this.Write(compressed.Span);
        }

        new MessageHeader(compression is not null, _endBytes - MessageHeader.SizeBytes).Write(_buffer);
        return _buffer.AsMemory(0, _endBytes);
    }

    /// <summary>Gives the memory of the last message back.</summary>
    public void Release()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }

    public override void SetPayloadLength(int payloadLength)
    {
        EnsureSizeAllowed(payloadLength);
        EnsureFree(payloadLength);
    }

    public override IBufferWriter<byte> GetBufferWriter() => this;

    public override void Complete()
    {
        EnsureSizeAllowed(_endBytes - MessageHeader.SizeBytes);
        EnsureFree(0);
        _isComplete = true;
    }

    public override void Complete(byte[] payload)
    {
        EnsureSizeAllowed(payload.Length);
        EnsureFree(payload.Length);
        this.Write(payload);
        _isComplete = true;
    }

    public void Advance(int count) => _endBytes += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureFree(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_endBytes);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureFree(Math.Max(sizeHint, 1));
        return _buffer.AsSpan(_endBytes);
    }

    private void EnsureSizeAllowed(int sizeBytes)
    {
        if (sizeBytes > maxSizeBytes)
        {
            throw MessageErrors.SendingMessageTooLarge();
        }
    }

    private void EnsureFree(int sizeBytes)
    {
        if (_buffer.Length - _endBytes >= sizeBytes && _buffer.Length > 0)
        {
            return;
        }

        var neededBytes = checked(_endBytes + sizeBytes);
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(neededBytes, _buffer.Length == 0 ? Math.Min(neededBytes, FirstBufferSizeBytes) : _buffer.Length * 2));
        _buffer.AsSpan(0, Math.Min(_endBytes, _buffer.Length)).CopyTo(larger);
        Release();
        _buffer = larger;
    }
}
