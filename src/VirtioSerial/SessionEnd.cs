namespace GuestTune.VirtioSerial;

/// <summary>How a session ended, as seen from this side.</summary>
public enum SessionEnd
{
    /// <summary>Not ended.</summary>
    None = 0,

    /// <summary>This side closed it, or both sides had said all they had to say.</summary>
    Closed,

    /// <summary>The other side closed it.</summary>
    PeerClosed,

    /// <summary>Guest: the host let go of the port. Host: the socket ended, so the VM stopped or lost the device.</summary>
    PeerDetached,

    /// <summary>Guest: a new host session took the port over.</summary>
    Replaced,

    /// <summary>Host: another agent than the one that was attached to answers.</summary>
    AgentRestarted,

    /// <summary>Host: the agent does not know this session (any more).</summary>
    UnknownSession,

    /// <summary>Bytes were lost or changed on the way; nothing wrong was delivered.</summary>
    Corrupt,

    /// <summary>The other side broke the protocol.</summary>
    ProtocolError,

    /// <summary>This side gave it up.</summary>
    Aborted,

    /// <summary>The other side gave it up.</summary>
    PeerAborted,

    /// <summary>The port failed or went away.</summary>
    PortFailed,
}
