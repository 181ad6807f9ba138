using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Comparison;

/// <summary>Holds a boot against a reference, register by register, and names the events that make a difference.</summary>
internal static class BootComparison
{
    /// <param name="pcrs">Which of the reference's registers count; null: all of them.</param>
    public static BootDifference Compare(BootSnapshot reference, BootSnapshot boot, PcrSelection? pcrs = null)
    {
        var notes = new List<string>();
        var selection = pcrs ?? reference.Selection;
        if (boot.Selection.Bank != reference.Selection.Bank)
        {
            notes.Add($"the banks differ: {reference.Name} is of {Shown(reference)}, {boot.Name} of {Shown(boot)}");
        }

        if (reference.LogProblem is { } old)
        {
            notes.Add($"{reference.Name} has no log that can be read: {old}");
        }

        if (boot.LogProblem is { } now)
        {
            notes.Add($"{boot.Name} has no log that can be read: {now}");
        }

        return new BootDifference(reference.IsProven, boot.IsProven, [.. selection.Indices.Select(pcr => Compare(reference, boot, pcr))], notes);
    }

    private static string Shown(BootSnapshot side) => side.Bank?.Name ?? $"0x{(ushort)side.Selection.Bank:x4}";

    private static PcrDifference Compare(BootSnapshot reference, BootSnapshot boot, int pcr)
    {
        var notes = new List<string>();
        var before = reference.ValueOf(pcr);
        var after = boot.Selection.Bank == reference.Selection.Bank ? boot.ValueOf(pcr) : null;
        var (beforeLog, afterLog) = (reference.Explain(pcr), boot.Explain(pcr));
        IReadOnlyList<EventChange> events = [];
        if (IsTrue(beforeLog) && IsTrue(afterLog) && reference.Bank is { } bank)
        {
            var (old, now) = (reference.EventsOf(pcr), boot.EventsOf(pcr));
            events = EventDiff.Of(old, now, bank);
            if (events.Count == 0 && after is not null)
            {
                AddRelabelled(old, now, notes);
            }
        }
        else if (KindOf(beforeLog) != KindOf(afterLog) || KindOf(afterLog) == PcrEvidenceKind.Mismatch || !HaveSameValue(before, after))
        {
            AddWhyNoEvent(reference, beforeLog, notes);
            AddWhyNoEvent(boot, afterLog, notes);
        }

        if (before is null)
        {
            notes.Add($"{reference.Name} has no value for it");
        }

        if (after is null)
        {
            notes.Add($"{boot.Name} has no value for it");
        }

        return new PcrDifference(pcr, before?.Digest, after?.Digest, KindOf(beforeLog), KindOf(afterLog), events, notes);
    }

    /// <summary>Only events that give exactly the register's value are what was measured.</summary>
    private static bool IsTrue(PcrEvidence? evidence) => evidence is { Kind: PcrEvidenceKind.Proven or PcrEvidenceKind.Untouched };

    private static bool HaveSameValue(PcrValue? before, PcrValue? after) =>
        before is not null && after is not null && before.Digest.AsSpan().SequenceEqual(after.Digest);

    private static PcrEvidenceKind KindOf(PcrEvidence? evidence) => evidence?.Kind ?? PcrEvidenceKind.None;

    private static void AddWhyNoEvent(BootSnapshot side, PcrEvidence? evidence, List<string> notes)
    {
        if (evidence is { Reason: { } reason })
        {
            var suspect = evidence.Suspect is { } entry ? $" (event {entry.Number}, {entry.TypeName})" : string.Empty;
            notes.Add($"the log of {side.Name} does not give its value{suspect}: {reason}");
        }
    }

    /// <summary>The digests agree, and so the register; what stands beside them need not.</summary>
    private static void AddRelabelled(IReadOnlyList<BootEvent> before, IReadOnlyList<BootEvent> after, List<string> notes)
    {
        var others = before.Zip(after).Where(static p => p.First.Type != p.Second.Type || !p.First.Data.Span.SequenceEqual(p.Second.Data.Span)).ToArray();
        if (others is [var (old, now), ..])
        {
            notes.Add(
                $"the logs describe {others.Length} event{(others.Length == 1 ? "" : "s")} otherwise, with the same digests; the first is event {now.Number}, "
                + (old.Type == now.Type ? now.TypeName : $"{old.TypeName} before, {now.TypeName} now"));
        }
    }
}
