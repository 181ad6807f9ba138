namespace GuestTune.MeasuredBoot.EventLog;

/// <summary>Bytes that are no event log, and where they stop being one.</summary>
/// <param name="offset">From the start of the log, in bytes.</param>
public sealed class EventLogException(long offset, string problem) : FormatException($"the event log is wrong at byte {offset}: {problem}")
{
    public long Offset => offset;
}
