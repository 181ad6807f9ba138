namespace GuestTune.FakePort;

/// <summary>The sizes of a port's buffers, by default those of QEMU 7.2 and Linux 6.1 to 6.12.</summary>
public sealed record FakePortLimits
{
    /// <summary>What a client can write before QEMU reads it: the UNIX socket's own buffer.</summary>
    public int SocketSizeBytes { get; init; } = 208 * 1024;

    /// <summary>One buffer of the guest's input queue, and so the most that one read gives.</summary>
    public int ReadSizeBytes { get; init; } = 4096;

    /// <summary>The buffers of the guest's input queue.</summary>
    public int ReadBuffers { get; init; } = 128;

    /// <summary>The most that one write of the guest takes.</summary>
    public int WriteSizeBytes { get; init; } = 32 * 1024;

    /// <summary>What the guest can write before QEMU puts it on the socket.</summary>
    public int OutputSizeBytes { get; init; } = 128 * 32 * 1024;

    /// <summary>Clients that wait behind the one that is served; a further one is refused.</summary>
    public int Backlog { get; init; } = 2;
}
