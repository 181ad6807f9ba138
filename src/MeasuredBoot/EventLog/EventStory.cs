using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.EventLog;

/// <summary>An event in words for a person, with how much of it can be believed.</summary>
/// <param name="Text">Decoded data; it comes from a guest, and is to be escaped before it is shown.</param>
public sealed record EventStory(BootEvent Event, string Text, EventCoverage Coverage)
{
    public static EventStory Of(BootEvent entry, PcrBank bank)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(bank);
        var text = EventDecoder.Describe(entry, out var content);
        var digest = entry.DigestOf(bank).Span;
        var coverage = Covers(entry.Data.Span) ? EventCoverage.Whole
            : !content.IsEmpty && Covers(content.Span) ? EventCoverage.Content
            : EventCoverage.None;
        return new EventStory(entry, text, entry.IsExtended ? coverage : EventCoverage.None);

        bool Covers(ReadOnlySpan<byte> data) => !data.IsEmpty && bank.Hash(data).AsSpan().SequenceEqual(entry.DigestOf(bank).Span);
    }
}
