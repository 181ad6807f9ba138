using System.IO.Pipelines;
using GuestTune.VirtioSerial.Frames;

namespace GuestTune.VirtioSerial;

/// <summary>Times, sizes and versions of the session layer.</summary>
public sealed record SessionOptions
{
    /// <summary>The only protocol version there is.</summary>
    public const byte CurrentVersion = 1;

    /// <summary>How long a host waits for an agent to answer its attach.</summary>
    public TimeSpan AttachTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The waits after which an unanswered HELLO is repeated; the last one holds from then on.</summary>
    public IReadOnlyList<TimeSpan> HelloRetryDelays { get; init; } =
        [TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5)];

    /// <summary>How long a host that is owed an answer bears silence before it asks with a PING.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the silence lasts before the peer counts as unresponsive. It never ends a session.</summary>
    public TimeSpan UnresponsiveAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a guest's port must be without a host before the session that it carried is over.</summary>
    public TimeSpan DetachGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The most payload bytes this side takes in one frame.</summary>
    public int MaxPayloadSizeBytes { get; init; } = FrameHeader.MaxPayloadSizeBytes;

    /// <summary>The received bytes that may wait for the session's reader before the port is read no further.</summary>
    public int InputPauseSizeBytes { get; init; } = 256 * 1024;

    /// <summary>Where a reader of <see cref="Session.Input"/> goes on: by default on the thread that read the port,
    /// which saves a thread hop for each message but forbids it to block.</summary>
    public PipeScheduler InputScheduler { get; init; } = PipeScheduler.Inline;

    /// <summary>The lowest protocol version this side speaks.</summary>
    public byte MinVersion { get; init; } = CurrentVersion;

    /// <summary>The highest protocol version this side speaks.</summary>
    public byte MaxVersion { get; init; } = CurrentVersion;

    /// <summary>Every mistake in these options, or nothing.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        Positive(AttachTimeout, nameof(AttachTimeout), errors);
        Positive(HeartbeatInterval, nameof(HeartbeatInterval), errors);
        Positive(UnresponsiveAfter, nameof(UnresponsiveAfter), errors);
        Positive(DetachGrace, nameof(DetachGrace), errors);
        if (UnresponsiveAfter < HeartbeatInterval)
        {
            errors.Add($"{nameof(UnresponsiveAfter)} is {UnresponsiveAfter}; it cannot be shorter than {nameof(HeartbeatInterval)} ({HeartbeatInterval}).");
        }

        if (HelloRetryDelays is null || HelloRetryDelays.Count == 0)
        {
            errors.Add($"{nameof(HelloRetryDelays)} is empty; it needs at least one wait.");
        }
        else
        {
            foreach (var delay in HelloRetryDelays)
            {
                Positive(delay, nameof(HelloRetryDelays), errors);
            }
        }

        if (MaxPayloadSizeBytes is < FrameHeader.MinPayloadLimitSizeBytes or > FrameHeader.MaxPayloadSizeBytes)
        {
            errors.Add($"{nameof(MaxPayloadSizeBytes)} is {MaxPayloadSizeBytes}; it can be {FrameHeader.MinPayloadLimitSizeBytes} to {FrameHeader.MaxPayloadSizeBytes}.");
        }

        if (InputPauseSizeBytes < 2)
        {
            errors.Add($"{nameof(InputPauseSizeBytes)} is {InputPauseSizeBytes}; it must be at least 2.");
        }

        if (InputScheduler is null)
        {
            errors.Add($"{nameof(InputScheduler)} is missing; use PipeScheduler.Inline or PipeScheduler.ThreadPool.");
        }

        if (MinVersion < 1 || MaxVersion < MinVersion)
        {
            errors.Add($"{nameof(MinVersion)} {MinVersion} to {nameof(MaxVersion)} {MaxVersion} is not a range of versions.");
        }

        return errors;
    }

    internal void ThrowIfInvalid(string parameterName)
    {
        var errors = Validate();
        if (errors.Count > 0)
        {
            throw new ArgumentException($"Session options are wrong: {string.Join(" ", errors)}", parameterName);
        }
    }

    internal TimeSpan GetHelloRetryDelay(int attempt) => HelloRetryDelays[Math.Min(attempt, HelloRetryDelays.Count - 1)];

    private static void Positive(TimeSpan value, string name, List<string> errors)
    {
        // Timers take at most 2^32 - 2 milliseconds.
        if (value <= TimeSpan.Zero || value.TotalMilliseconds > uint.MaxValue - 1)
        {
            errors.Add($"{name} is {value}; it must be above zero and at most 49 days.");
        }
    }
}
