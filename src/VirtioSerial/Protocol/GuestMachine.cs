using System.Buffers.Binary;
using GuestTune.VirtioSerial.Frames;

namespace GuestTune.VirtioSerial.Protocol;

/// <summary>The guest's side: it answers whoever attaches last.</summary>
internal sealed class GuestMachine(SessionOptions options, IChannelEvents events, SessionId instance)
    : ChannelMachine(options, events, FrameReader.Bit(FrameType.Hello) | FrameReader.Bit(FrameType.Reset))
{
    private SessionId _lastEnded;
    private SessionId _lastRefused;

    public SessionId Instance => instance;

    /// <summary>Tells a host that is attached already that an agent has started. What the host still waits for from a former agent
    /// is completed by the padding.</summary>
    public void Announce()
    {
        Events.Send(Frame.Ready(SessionOptions.CurrentVersion, instance));
        Events.Send(Frame.Pad(default, SessionOptions.CurrentVersion));
    }

    protected override void OnSessionlessFrame(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Session.IsZero)
        {
            return;
        }

        if (header.Type == FrameType.Hello)
        {
            OnHello(header, payload);
        }
        else if (header.Session == Session)
        {
            var notice = ResetNotice.Read(payload);
            End(notice.End, $"the host ended the session: {notice}");
        }
    }

    protected override void OnPrematureFrame(in FrameHeader header)
    {
        // Without a session there is no current id, so that no such frame is ever believed.
    }

    protected override void OnForeign(in FrameHeader header)
    {
        // Once per id: stale bytes may hold thousands of frames, and the answer is of use only to a host whose session this was.
        // A PING is rare, and comes from a host that may have missed the first answer.
        var isRepeated = header.Session == _lastRefused && header.Type != FrameType.Ping;
        if (header.Type is FrameType.Data or FrameType.Fin or FrameType.Ping && !isRepeated && !header.Session.IsZero)
        {
            _lastRefused = header.Session;
            SendReset(header.Session, ResetReason.UnknownSession, "the agent has no such session");
        }
    }

    protected override void End(SessionEnd end, string message)
    {
        if (IsEstablished)
        {
            _lastEnded = Session;
        }

        base.End(end, message);
    }

    private void OnHello(in FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Session == Session)
        {
            OnRepeatedHello(header.Session);
            return;
        }

        if (header.Session == _lastEnded)
        {
            // A repetition that was under way when the session ended; a host attaches with a fresh id each time.
            SendReset(header.Session, ResetReason.UnknownSession, "the session has ended");
            return;
        }

        // Whoever sends HELLO holds the port, so nobody else does.
        Events.DropOutput();
        End(SessionEnd.Replaced, "another session has taken over the port");
        if (payload.Length < Frame.HelloPayloadSizeBytes)
        {
            SendReset(header.Session, ResetReason.ProtocolError, "HELLO is too short");
            return;
        }

        var version = Math.Min(payload[1], Options.MaxVersion);
        if (version < payload[0] || version < Options.MinVersion)
        {
            SendReset(header.Session, ResetReason.VersionUnsupported, "");
            return;
        }

        var limit = BinaryPrimitives.ReadInt32LittleEndian(payload[4..]);
        if (limit < FrameHeader.MinPayloadLimitSizeBytes)
        {
            SendReset(header.Session, ResetReason.ProtocolError, $"HELLO allows payloads of {limit} bytes only");
            return;
        }

        Establish(new SessionParameters(header.Session, version, Math.Min(limit, FrameHeader.MaxPayloadSizeBytes), instance));
        SendWelcome(header.Session);
    }

    private void OnRepeatedHello(SessionId session)
    {
        if (HasReceivedData)
        {
            EndAndReset(SessionEnd.ProtocolError, ResetReason.ProtocolError, "received HELLO inside its own session");
            return;
        }

        SendWelcome(session);
    }

    private void SendWelcome(SessionId session) => Events.SendWelcome(session, Version, instance);
}
