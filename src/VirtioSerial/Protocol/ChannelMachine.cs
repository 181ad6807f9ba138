using System.Buffers.Binary;
using GuestTune.VirtioSerial.Frames;

namespace GuestTune.VirtioSerial.Protocol;

/// <summary>What both sides do with received bytes: a state machine without I/O, threads or clocks. Not thread safe.</summary>
internal abstract class ChannelMachine : IDisposable
{
    private uint _expectedSequence;
    private bool _finReceived;
    private bool _finSent;

    protected ChannelMachine(SessionOptions options, IChannelEvents events, uint sessionlessTypes)
    {
        Options = options;
        Events = events;
        Reader = new FrameReader { SessionlessTypes = sessionlessTypes };
    }

    /// <summary>Whether a session is up, so that every byte must belong to a frame of it.</summary>
    public bool IsEstablished { get; private set; }

    /// <summary>The session that is up or, on a host, being attached; zero for none.</summary>
    public SessionId Session
    {
        get => Reader.Session;
        protected set => Reader.Session = value;
    }

    public byte Version { get; private set; } = SessionOptions.CurrentVersion;

    protected SessionOptions Options { get; }

    protected IChannelEvents Events { get; }

    /// <summary>Whether the session has carried anything to this side yet.</summary>
    protected bool HasReceivedData { get; private set; }

    internal FrameReader Reader { get; }

    public Memory<byte> GetMemory() => Reader.GetMemory();

    public void Advance(int sizeBytes) => Reader.Advance(sizeBytes);

    /// <summary>Takes every whole frame out of what was received.</summary>
    public void Process()
    {
        while (true)
        {
            switch (Reader.TryRead(out var header, out var payload))
            {
                case FrameReadStatus.NeedMore:
                    return;
                case FrameReadStatus.Frame:
                    OnFrame(header, payload);
                    break;
                case FrameReadStatus.Garbage:
                    EndCorrupt("bytes that are no frame");
                    break;
                case FrameReadStatus.CorruptPayload:
                    EndCorrupt($"a {header.Type} frame with a wrong checksum");
                    break;
                case FrameReadStatus.Foreign:
                    EndCorrupt("a frame of another session");
                    OnForeign(header);
                    break;
            }
        }
    }

    /// <summary>Nobody is there any more; the rest of a frame that has begun will never come.</summary>
    public void OnPeerGone(string message)
    {
        Reader.Clear();
        Events.DropOutput();
        End(SessionEnd.PeerDetached, message);
    }

    /// <summary>The user of the session ends it.</summary>
    public void Close(ResetReason reason, string? text)
    {
        if (!IsEstablished)
        {
            return;
        }

        var end = reason == ResetReason.Closed || reason == ResetReason.ShuttingDown ? SessionEnd.Closed : SessionEnd.Aborted;
        EndAndReset(end, reason, text ?? "");
    }

    /// <summary>The port failed.</summary>
    public void Fail(string message)
    {
        Events.DropOutput();
        End(SessionEnd.PortFailed, message);
    }

    /// <summary>A FIN frame was given out for sending.</summary>
    public void OnFinSent()
    {
        _finSent = true;
        EndIfBothFinished();
    }

    public void SendPing(ulong token)
    {
        if (IsEstablished)
        {
            Events.Send(Frame.Token(Session, Version, FrameType.Ping, token));
        }
    }

    public void Dispose() => Reader.Dispose();

    protected abstract void OnSessionlessFrame(in FrameHeader header, ReadOnlySpan<byte> payload);

    /// <summary>A frame of the session before it is up.</summary>
    protected abstract void OnPrematureFrame(in FrameHeader header);

    protected abstract void OnForeign(in FrameHeader header);

    protected void Establish(in SessionParameters parameters)
    {
        Session = parameters.Session;
        Version = parameters.Version;
        IsEstablished = true;
        _expectedSequence = 0;
        _finReceived = _finSent = HasReceivedData = false;
        Events.OnAttached(parameters);
    }

    protected virtual void End(SessionEnd end, string message)
    {
        if (!IsEstablished)
        {
            return;
        }

        var session = Session;
        IsEstablished = false;
        Session = default;
        Events.OnEnded(session, end, message);
    }

    protected void EndAndReset(SessionEnd end, ResetReason reason, string message)
    {
        var session = Session;
        End(end, message);
        SendReset(session, reason, message);
    }

    protected void SendReset(SessionId session, ResetReason reason, string text) =>
        Events.Send(Frame.Reset(session, Version, reason, Options.MinVersion, Options.MaxVersion, text));

    private void EndCorrupt(string what)
    {
        if (IsEstablished)
        {
            EndAndReset(SessionEnd.Corrupt, ResetReason.Corrupt, $"received {what}");
        }
    }

    private void OnFrame(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if ((Reader.SessionlessTypes & FrameReader.Bit(header.Type)) != 0)
        {
            OnSessionlessFrame(header, payload);
        }
        else if (!IsEstablished)
        {
            OnPrematureFrame(header);
        }
        else if (header.Version != Version)
        {
            EndAndReset(SessionEnd.ProtocolError, ResetReason.ProtocolError, $"received a frame of version {header.Version} in a session of version {Version}");
        }
        else
        {
            OnSessionFrame(header, payload);
        }
    }

    private void OnSessionFrame(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        switch (header.Type)
        {
            case FrameType.Data when IsNext(header):
                if (payload.Length > Options.MaxPayloadSizeBytes)
                {
                    EndAndReset(SessionEnd.ProtocolError, ResetReason.ProtocolError, $"received {payload.Length} bytes in a frame, more than the {Options.MaxPayloadSizeBytes} allowed");
                    break;
                }

                Events.OnData(payload);
                break;
            case FrameType.Fin when IsNext(header):
                _finReceived = true;
                Events.OnFin();
                EndIfBothFinished();
                break;
            case FrameType.Data or FrameType.Fin:
                EndAndReset(SessionEnd.Corrupt, ResetReason.Corrupt, $"received {header.Type} number {header.Sequence} out of order");
                break;
            case FrameType.Ping when payload.Length == Frame.TokenSizeBytes:
                Events.Send(Frame.Token(Session, Version, FrameType.Pong, BinaryPrimitives.ReadUInt64LittleEndian(payload)));
                break;
            case FrameType.Pong when payload.Length == Frame.TokenSizeBytes:
                Events.OnPong(BinaryPrimitives.ReadUInt64LittleEndian(payload));
                break;
            case FrameType.Pad:
                break;
            default:
                EndAndReset(SessionEnd.ProtocolError, ResetReason.ProtocolError, $"received an unexpected frame of type {(byte)header.Type} with {payload.Length} bytes");
                break;
        }
    }

    private bool IsNext(in FrameHeader header)
    {
        if (_finReceived || header.Sequence != _expectedSequence)
        {
            return false;
        }

        _expectedSequence++;
        HasReceivedData = true;
        return true;
    }

    private void EndIfBothFinished()
    {
        if (_finSent && _finReceived)
        {
            End(SessionEnd.Closed, "both sides have finished");
        }
    }
}
