using Google.Protobuf;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Rendering;

/// <summary>What a check of a boot found, in words.</summary>
internal static class BootFindings
{
    private const int MaxTextLength = 600;

    public static bool IsProvenEqual(BootCheck check) => check is { IsEqual: true, BootIsProven: true, ReferenceIsProven: true };

    public static bool IsEqual(PcrCheck pcr) => pcr is { HasBefore: true, HasAfter: true } && pcr.Before.Equals(pcr.After);

    /// <summary>One line; everything but "proven equal" is a reason to look.</summary>
    public static string Summary(BootCheck check)
    {
        var different = check.Pcrs.Where(static p => !IsEqual(p)).Select(static p => p.Pcr).ToArray();
        var reference = Text(check.Reference);
        var what = different.Length > 0 ? $"differs from {reference}: PCR {string.Join(", ", different)}"
            : check.IsEqual ? $"equal to {reference}"
            : $"nothing was compared with {reference}";
        return what + (check.BootIsProven ? string.Empty : "; unauthenticated: " + (check.Problems.Count > 0 ? string.Join("; ", check.Problems.Select(Text)) : "not proven"))
            + (check.ReferenceIsProven ? string.Empty : $"; {reference} was never proven")
            + string.Concat(check.Unpredicted.Select(static u => $"; {Text(u)}"));
    }

    /// <summary>One line each: what differs in a register, best first.</summary>
    public static IEnumerable<string> Details(PcrCheck pcr)
    {
        foreach (var change in pcr.Events)
        {
            yield return Of(change);
        }

        if (pcr.EventsLeftOut > 0)
        {
            yield return $"and {pcr.EventsLeftOut} more events";
        }

        foreach (var note in pcr.Notes)
        {
            yield return Text(note);
        }

        if (!IsEqual(pcr))
        {
            yield return $"{(pcr.HasBefore ? Hex(pcr.Before) : "(none)")} -> {(pcr.HasAfter ? Hex(pcr.After) : "(none)")}";
        }
    }

    public static string Hex(ByteString bytes) => Convert.ToHexStringLower(bytes.Span);

    private static string Of(EventChange change) => (change.Before, change.After) switch
    {
        (null, { } after) => $"new: {Named(after)}",
        ({ } before, null) => $"gone: {Named(before)}",
        ({ }, { } after) when change.Tokens.Count > 0 => $"{string.Join(' ', change.Tokens.Select(Text))} (event {after.Number}, {Subject(after)})",
        ({ } before, { } after) when IsSameButForBlanks(before, after) => $"only the blanks between arguments differ (event {after.Number}, {Subject(after)})",
        ({ } before, { } after) => $"{Named(before)} -> {Named(after)}",
        _ => "an event of which nothing is said",
    };

    private static bool IsSameButForBlanks(MeasuredEvent before, MeasuredEvent after) =>
        before.HasText && after.HasText && before.Type == after.Type
        && before.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries).SequenceEqual(after.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal);

    private static string Subject(MeasuredEvent entry) => Text(entry.Text.Split(' ')[0]).TrimEnd(':');

    private static string Named(MeasuredEvent entry) =>
        $"event {entry.Number}, {Text(entry.Type)}, "
        + (entry.HasText ? $"\"{Text(entry.Text)}\""
            : $"digest {Hex(entry.Digest)}" + (entry.Label.Length > 0 ? $" (described as \"{Text(entry.Label)}\", which is not measured)" : string.Empty));

    private static string Text(string text) => TerminalText.Escape(text, MaxTextLength);
}
