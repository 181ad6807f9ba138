namespace GuestTune.VirtioSerial.Output;

/// <summary>Where a <see cref="PortWriter"/> gets a session's frames from, one at a time and under the writer's lock.</summary>
internal interface IFrameSource
{
    /// <summary>The next frame to send, header and all. It stays valid until <see cref="FrameDone"/>.</summary>
    bool TryTakeFrame(out ReadOnlyMemory<byte> frame);

    /// <summary>The frame taken last was sent, or was given up; true if it was the last one there will ever be.</summary>
    bool FrameDone();

    /// <summary>Called outside the writer's lock after the last frame.</summary>
    void OnFinished();

    /// <summary>Gives up all that is not yet taken.</summary>
    void Abandon();
}
