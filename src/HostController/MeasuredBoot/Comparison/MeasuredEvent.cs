using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Comparison;

/// <summary>An event as a comparison names it: by its text where its digest covers that, else by its digest.</summary>
/// <param name="Text">Believed; null where no digest covers it.</param>
/// <param name="Label">What somebody wrote beside the digest: it may help, and proves nothing. Null where the text is believed.</param>
internal sealed record MeasuredEvent(int Number, uint Type, string Digest, string? Text, string? Label)
{
    public string TypeName => EventType.NameOf(Type);

    /// <summary>Boot loaders measure command lines so; other text is no list of arguments.</summary>
    public bool IsCommandLine => Text is not null && Type is EventType.Ipl or EventType.EventTag;

    public static MeasuredEvent Of(BootEvent entry, PcrBank bank)
    {
        var story = EventStory.Of(entry, bank);
        var believed = story.Coverage != EventCoverage.None;
        return new MeasuredEvent(
            entry.Number,
            entry.Type,
            Convert.ToHexStringLower(entry.DigestOf(bank).Span),
            believed ? story.Text : null,
            believed || story.Text.Length == 0 ? null : story.Text);
    }
}
