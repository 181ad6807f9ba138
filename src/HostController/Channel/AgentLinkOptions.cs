namespace GuestTune.Controller.Channel;

/// <summary>What one link to an agent may take: a guest must not be able to fill the host's memory.</summary>
internal sealed record AgentLinkOptions
{
    /// <summary>The largest answer taken; History with 50 operations of the largest practice stays below.</summary>
    public int MaxReceiveMessageSizeBytes { get; init; } = 1024 * 1024;

    /// <summary>Headers and trailers of one answer, in KiB as SocketsHttpHandler counts them.</summary>
    public int MaxResponseHeadersKib { get; init; } = 16;

    /// <summary>What the agent may send on one stream before it has been read.</summary>
    public int Http2WindowSizeBytes { get; init; } = 256 * 1024;

    /// <summary>
    /// How long a link stays attached after its last call. While it does, the port belongs to this process and the agent
    /// keeps its connection; afterwards other controllers get in.
    /// </summary>
    public TimeSpan IdleTime { get; init; } = TimeSpan.FromSeconds(3);

    /// <returns>Every mistake, or nothing.</returns>
    public IReadOnlyList<string> Validate()
    {
        var mistakes = new List<string>();
        if (MaxReceiveMessageSizeBytes is < 1024 or > 64 * 1024 * 1024)
        {
            mistakes.Add($"{nameof(MaxReceiveMessageSizeBytes)} is {MaxReceiveMessageSizeBytes}, must be 1024 to 67108864");
        }

        if (MaxResponseHeadersKib is < 1 or > 64)
        {
            mistakes.Add($"{nameof(MaxResponseHeadersKib)} is {MaxResponseHeadersKib}, must be 1 to 64");
        }

        // RFC 9113, 6.9.2: the window begins at 65,535 bytes.
        if (Http2WindowSizeBytes is < 65_535 or > 16 * 1024 * 1024)
        {
            mistakes.Add($"{nameof(Http2WindowSizeBytes)} is {Http2WindowSizeBytes}, must be 65535 to 16777216");
        }

        if (IdleTime < TimeSpan.Zero || IdleTime > TimeSpan.FromHours(1))
        {
            mistakes.Add($"{nameof(IdleTime)} is {IdleTime}, must be 0 to 1 hour");
        }

        return mistakes;
    }
}
