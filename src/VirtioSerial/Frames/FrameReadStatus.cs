namespace GuestTune.VirtioSerial.Frames;

/// <summary>What a <see cref="FrameReader"/> found at its position.</summary>
internal enum FrameReadStatus
{
    /// <summary>Not enough bytes yet.</summary>
    NeedMore,

    /// <summary>A whole, checked frame of the current session, or one that needs no session.</summary>
    Frame,

    /// <summary>Bytes that are no frame were skipped.</summary>
    Garbage,

    /// <summary>A frame's header was right and its payload was not; the payload is read again as if it were frames.</summary>
    CorruptPayload,

    /// <summary>The header of another session's frame was skipped; the bytes behind it are read as if they were frames.</summary>
    Foreign,
}
