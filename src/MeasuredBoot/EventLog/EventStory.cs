using System.Security.Cryptography;
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
        var coverage = !entry.IsExtended ? EventCoverage.None
            : Covers(entry.Data.Span) ? EventCoverage.Whole
            : Covers(content.Span) ? EventCoverage.Content
            : EventCoverage.None;
        return new EventStory(entry, text, coverage);

        bool Covers(ReadOnlySpan<byte> data)
        {
            Span<byte> digest = stackalloc byte[bank.DigestSizeBytes];
            return !data.IsEmpty && CryptographicOperations.HashData(bank.HashName, data, digest) > 0 && digest.SequenceEqual(entry.DigestOf(bank).Span);
        }
    }
}
