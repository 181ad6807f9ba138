using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Internal.Wire;
using Grpc.Net.Compression;

namespace Grpc.AspNetCore.Server;

/// <summary>Lets a marshaller write straight into the response where it says the length first; elsewhere by way of a buffer.</summary>
internal sealed class ResponseSerializationContext(HttpServerCallContext call) : SerializationContext
{
    private PipeWriter _output = null!;
    private ICompressionProvider? _compression;
    private ArrayBufferWriter<byte>? _buffer;
    private int? _payloadLength;
    private State _state;

    private enum State
    {
        Initial,
        Writing,
        Completed,
    }

    private bool IsDirect => _compression is null && _payloadLength is not null;

    public void Reset(PipeWriter output)
    {
        _output = output;
        _state = State.Initial;
        _payloadLength = null;
        _buffer?.ResetWrittenCount();
        _compression = call.ResponseEncoding is { } encoding && MessageCompression.MayCompress(call.WriteOptions)
            ? call.Options.CompressionProviders.GetValueOrDefault(encoding)
            : null;
    }

    public void EnsureCompleted()
    {
        if (_state != State.Completed)
        {
            throw new InvalidOperationException("Serialization did not return a payload.");
        }
    }

    public override void SetPayloadLength(int payloadLength)
    {
        Expect(State.Initial);
        _payloadLength = payloadLength;
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        if (_state == State.Initial)
        {
            _state = State.Writing;
            if (IsDirect)
            {
                WriteHeader(new MessageHeader(IsCompressed: false, _payloadLength!.Value));
            }
        }

        Expect(State.Writing);
        return IsDirect ? _output : _buffer ??= new ArrayBufferWriter<byte>();
    }

    public override void Complete()
    {
        Expect(State.Writing);
        _state = State.Completed;
        if (!IsDirect)
        {
            WriteMessage(_buffer!.WrittenSpan);
        }
    }

    public override void Complete(byte[] payload)
    {
        Expect(State.Initial);
        _state = State.Completed;
        WriteMessage(payload);
    }

    private void WriteMessage(ReadOnlySpan<byte> message)
    {
        if (_compression is null)
        {
            WriteHeader(new MessageHeader(IsCompressed: false, message.Length));
            _output.Write(message);
            return;
        }

        EnsureSizeAllowed(message.Length);
        var compressed = MessageCompression.Compress(_compression, call.Options.ResponseCompressionLevel, message);
        WriteHeader(new MessageHeader(IsCompressed: true, compressed.Length));
        _output.Write(compressed.Span);
    }

    private void WriteHeader(MessageHeader header)
    {
        EnsureSizeAllowed(header.LengthBytes);
        header.Write(_output.GetSpan(MessageHeader.SizeBytes));
        _output.Advance(MessageHeader.SizeBytes);
    }

    private void EnsureSizeAllowed(int sizeBytes)
    {
        if (sizeBytes > call.Options.MaxSendMessageSizeBytes)
        {
            throw MessageErrors.SendingMessageTooLarge();
        }
    }

    private void Expect(State state)
    {
        if (_state != state)
        {
            throw new InvalidOperationException($"Not valid in the current state: {_state}");
        }
    }
}
