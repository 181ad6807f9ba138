using GuestTune.Controller.Differences;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Comparison;

/// <summary>
/// Matches the events of one register in two logs: first by digest, so that what did not change stays out of it, then
/// what is left between two matches by what the events are about, so that a changed event is one change.
/// </summary>
internal static class EventDiff
{
    public static IReadOnlyList<EventChange> Of(IReadOnlyList<BootEvent> before, IReadOnlyList<BootEvent> after, PcrBank bank)
    {
        var changes = new List<EventChange>();
        var gone = new List<MeasuredEvent>();
        var come = new List<MeasuredEvent>();
        foreach (var step in SequenceDiff.Of(Digests(before, bank), Digests(after, bank)))
        {
            if (step.IsKept)
            {
                Pair(gone, come, changes);
            }
            else if (step.Before >= 0)
            {
                gone.Add(MeasuredEvent.Of(before[step.Before], bank));
            }
            else
            {
                come.Add(MeasuredEvent.Of(after[step.After], bank));
            }
        }

        Pair(gone, come, changes);
        return changes;
    }

    private static string[] Digests(IReadOnlyList<BootEvent> events, PcrBank bank) => [.. events.Select(e => Convert.ToHexStringLower(e.DigestOf(bank).Span))];

    private static void Pair(List<MeasuredEvent> gone, List<MeasuredEvent> come, List<EventChange> changes)
    {
        foreach (var step in SequenceDiff.Of([.. gone.Select(Subject)], [.. come.Select(Subject)]))
        {
            var before = step.Before >= 0 ? gone[step.Before] : null;
            var after = step.After >= 0 ? come[step.After] : null;
            changes.Add(new EventChange(before, after, Tokens(before, after)));
        }

        gone.Clear();
        come.Clear();
    }

    /// <summary>What an event is about: its type, and the word that names it (a variable, "kernel_cmdline:", "grub_cmd: linux").</summary>
    private static string Subject(MeasuredEvent entry)
    {
        var words = (entry.Text ?? entry.Label ?? string.Empty).Split(' ', 3);
        return words[0] is "grub_cmd:" && words.Length > 1 ? $"{entry.Type}:{words[0]} {words[1]}"
            : entry.Text is not null || words[0].EndsWith(':') ? $"{entry.Type}:{words[0]}"
            : $"{entry.Type}";
    }

    private static IReadOnlyList<TokenChange> Tokens(MeasuredEvent? before, MeasuredEvent? after)
    {
        if (before is not { IsCommandLine: true } || after is not { IsCommandLine: true })
        {
            return [];
        }

        var (old, now) = (KernelTokens.Of(before.Text!), KernelTokens.Of(after.Text!));
        return
        [
            .. SequenceDiff.Of(old, now)
                .Where(static s => !s.IsKept)
                .Select(s => s.Before >= 0 ? new TokenChange(IsAdded: false, old[s.Before]) : new TokenChange(IsAdded: true, now[s.After])),
        ];
    }
}
