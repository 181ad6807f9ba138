namespace GuestTune.VirtioSerial.Output;

/// <summary>What a session asks of the channel that carries it.</summary>
internal interface ISessionLink
{
    /// <summary>The session has something to send.</summary>
    void OnCommitted();

    /// <summary>The session's FIN frame was sent.</summary>
    void OnFinSent(Session session);

    void SendPing(ulong token);

    void SetExpecting(bool expecting);

    /// <summary>Ends the session, if it is the one that is up.</summary>
    Task EndAsync(Session session, ResetReason reason, string? text);
}
