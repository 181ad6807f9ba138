namespace GuestTune.VirtioSerial;

/// <summary>Why one side tells the other that a session is over; the value is the byte on the wire.</summary>
public enum ResetReason
{
    /// <summary>Not a value that is sent.</summary>
    None = 0,

    /// <summary>The user of the session closed it.</summary>
    Closed = 1,

    /// <summary>Bytes inside the session were lost or changed.</summary>
    Corrupt = 2,

    /// <summary>The receiver has no such session (any more).</summary>
    UnknownSession = 3,

    /// <summary>No common protocol version.</summary>
    VersionUnsupported = 4,

    /// <summary>A well-formed frame that the sender had no right to send.</summary>
    ProtocolError = 5,

    /// <summary>The program is going away.</summary>
    ShuttingDown = 6,

    /// <summary>The user of the session gave it up because of a failure.</summary>
    Aborted = 7,
}
