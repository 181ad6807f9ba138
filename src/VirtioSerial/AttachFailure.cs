namespace GuestTune.VirtioSerial;

/// <summary>Why a host could not attach to an agent.</summary>
public enum AttachFailure
{
    /// <summary>Not a failure.</summary>
    None = 0,

    /// <summary>The socket is not there.</summary>
    NotFound,

    /// <summary>The socket is there, and nobody serves it.</summary>
    NotServed,

    /// <summary>This user may not connect to the socket.</summary>
    AccessDenied,

    /// <summary>Too many programs wait for the socket already.</summary>
    Busy,

    /// <summary>Another program has the port, and may let it go.</summary>
    Held,

    /// <summary>The path cannot name a socket.</summary>
    BadPath,

    /// <summary>Connected, but no agent answered in time.</summary>
    NoAnswer,

    /// <summary>The socket closed during the attach.</summary>
    Lost,

    /// <summary>The agent speaks other protocol versions.</summary>
    VersionUnsupported,

    /// <summary>What answered broke the protocol.</summary>
    ProtocolError,
}
