namespace GuestTune.VirtioSerial.Protocol;

/// <summary>What a <see cref="ChannelMachine"/> wants done; it does no I/O itself.</summary>
internal interface IChannelEvents
{
    /// <summary>A session is up.</summary>
    void OnAttached(in SessionParameters parameters);

    /// <summary>The next bytes of the current session. The span is valid only during the call.</summary>
    void OnData(ReadOnlySpan<byte> payload);

    /// <summary>The peer will send no more data in the current session.</summary>
    void OnFin();

    void OnPong(ulong token);

    /// <summary>The session is over. Frames of it that are not yet begun must not be sent any more; a frame of which a part is sent
    /// must be completed, since the peer may be waiting for its end.</summary>
    void OnEnded(SessionId session, SessionEnd end, string message);

    /// <summary>Whoever all that was sent is for is gone: queued frames must be dropped, and also the rest of a frame that was begun.</summary>
    void DropOutput();

    /// <summary>A WELCOME to send, saying how many numbered frames of the session stand before it.</summary>
    void SendWelcome(SessionId session, byte version, SessionId instance);

    /// <summary>A frame to send after what was already begun.</summary>
    void Send(byte[] frame);
}
