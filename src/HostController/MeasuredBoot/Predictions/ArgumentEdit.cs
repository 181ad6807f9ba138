using System.Text.RegularExpressions;
using GuestTune.Controller.Differences;
using GuestTune.Controller.MeasuredBoot.Comparison;

namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>What differs between two command lines: some words in one place, which are found again in the line that GRUB makes of the same text.</summary>
/// <param name="Lead">Words before that place.</param>
/// <param name="Tail">Words behind it.</param>
internal sealed partial record ArgumentEdit(string[] Lead, string[] Before, string[] After, string[] Tail)
{
    /// <summary>What follows it is for init (kernel/params.c, parse_args).</summary>
    private const string EndOfArguments = "--";

    private const string BehindEnd = "the change is behind --, where the kernel's arguments end, or moves that";

    public IReadOnlyList<TokenChange> Changes { get; } =
        [.. SequenceDiff.Of(Before, After).Where(static s => !s.IsKept).Select(s => s.Before >= 0 ? new TokenChange(false, Before[s.Before]) : new TokenChange(true, After[s.After]))];

    /// <summary>Compares two lines that a guest shows with what was asked for.</summary>
    /// <exception cref="UnpredictableException">They differ in anything else.</exception>
    public static ArgumentEdit Between(string before, string after, IReadOnlyList<RequestedArgument> requested)
    {
        var (old, now) = (Words().Matches(before), Words().Matches(after));
        var lead = 0;
        while (lead < old.Count && lead < now.Count && old[lead].Value == now[lead].Value)
        {
            lead++;
        }

        var tail = 0;
        while (tail < old.Count - lead && tail < now.Count - lead && old[^(tail + 1)].Value == now[^(tail + 1)].Value)
        {
            tail++;
        }

        // Blanks, too, as they may stand within quotes.
        var start = lead == 0 ? 0 : old[lead - 1].Index + old[lead - 1].Length;
        var end = tail == 0 ? before.Length : old[^tail].Index;
        if (!after.StartsWith(before[..start], StringComparison.Ordinal) || !after.EndsWith(before[end..], StringComparison.Ordinal))
        {
            throw new UnpredictableException("the lines differ in blanks");
        }

        string[] wordsBefore = [.. old.Select(static m => m.Value)], wordsAfter = [.. now.Select(static m => m.Value)];
        var edit = new ArgumentEdit(wordsBefore[..lead], wordsBefore[lead..^tail], wordsAfter[lead..^tail], wordsBefore[^tail..]);
        if (IsOpen(before[..start]) || edit.Before.Concat(edit.After).Any(IsOpen))
        {
            throw new UnpredictableException("the change is within quotes, or opens them");
        }

        if (edit.Lead.Concat(edit.Before).Concat(edit.After).Any(IsEnd))
        {
            throw new UnpredictableException(BehindEnd);
        }

        if (old.Skip(old.Count - tail).FirstOrDefault(static w => IsEnd(w.Value)) is { } mark && (mark.Value != EndOfArguments || IsOpen(before[..mark.Index])))
        {
            throw new UnpredictableException("it has a quoted --, which may end the kernel's arguments");
        }

        var (lastBefore, lastAfter) = (LastByKey(wordsBefore), LastByKey(wordsAfter));
        foreach (var change in edit.Changes)
        {
            Check(change, lastBefore, requested);
        }

        foreach (var argument in requested.Where(r => edit.Changes.Any(c => c.Key == TokenChange.KeyOf(r.Key))))
        {
            // The kernel takes the last one; without ours another's counts again.
            var key = TokenChange.KeyOf(argument.Key);
            var value = lastAfter.TryGetValue(key, out var last) ? new TokenChange(true, last).Value : null;
            if (!argument.Values.Contains(value, StringComparer.Ordinal) && !(argument.Values.Contains(null, StringComparer.Ordinal) && edit.Changes.All(c => c.Key != key || !c.IsAdded)))
            {
                throw new UnpredictableException($"{argument.Key} would be '{value}' there, which nobody asked for");
            }
        }

        return edit;
    }

    /// <summary>The same edit of a line that has the same beginning.</summary>
    /// <returns>Null where it has another one.</returns>
    public string? Apply(string line)
    {
        var words = line.Split(' ');
        return Has(words, 0, Lead) && Has(words, Lead.Length, Before) ? Exchange(words, Lead.Length) : null;
    }

    /// <summary>The same edit of a line that has the same end, where what is before it stands elsewhere, or has variables that GRUB has expanded.</summary>
    /// <returns>Null where it has another one.</returns>
    public string? ApplyFromEnd(string line)
    {
        var words = line.Split(' ');
        var at = words.Length - Tail.Length - Before.Length;
        return at >= 0 && Has(words, at, [.. Before, .. Tail]) ? Exchange(words, at) : null;
    }

    /// <summary>
    /// What comes behind is not yet a word of its own to GRUB (quotes and backslashes, grub-core/script/yylex.l) or to the kernel (double quotes alone):
    /// what is quoted in a line that was proven would become an argument, or what was asked for a part of another one.
    /// </summary>
    private static bool IsOpen(string text)
    {
        var quote = '\0';
        var isKernelOpen = false;
        for (var i = 0; i < text.Length; i++)
        {
            isKernelOpen ^= text[i] == '"';
            if (text[i] == '\\' && quote != '\'')
            {
                if (++i == text.Length)
                {
                    return true;
                }

                isKernelOpen ^= text[i] == '"';
            }
            else if (text[i] is '"' or '\'' && (quote == '\0' || quote == text[i]))
            {
                quote = quote == '\0' ? text[i] : '\0';
            }
        }

        return quote != '\0' || isKernelOpen;
    }

    private static Dictionary<string, string> LastByKey(string[] words)
    {
        var last = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var word in words.TakeWhile(static w => !IsEnd(w)))
        {
            last[TokenChange.KeyOf(word)] = word;
        }

        return last;
    }

    private static void Check(TokenChange change, Dictionary<string, string> lastBefore, IReadOnlyList<RequestedArgument> requested)
    {
        var argument = requested.FirstOrDefault(r => TokenChange.KeyOf(r.Key) == change.Key);
        var isAsked = argument is not null && (change.IsAdded
            ? argument.Values.Any(v => v is not null && change.Token == (v.Length == 0 ? argument.Key : $"{argument.Key}={v}"))
            // Only what counted before gives way to what was asked for.
            : lastBefore.GetValueOrDefault(change.Key) == change.Token);
        if (!isAsked)
        {
            throw new UnpredictableException($"{change} was not asked for");
        }
    }

    /// <summary>Also as GRUB reads it, and within quotes, where it may be a part of another word.</summary>
    private static bool IsEnd(string word) => string.Concat(word.Where(static c => c is not ('"' or '\'' or '\\'))) == EndOfArguments;

    // Variables may have it, which only the line that was measured shows.
    private string Exchange(string[] words, int at) => words[..at].Any(IsEnd) ? throw new UnpredictableException(BehindEnd) : string.Join(' ', [.. words[..at], .. After, .. words[(at + Before.Length)..]]);

    private static bool Has(string[] words, int at, string[] part) => at + part.Length <= words.Length && words.AsSpan(at, part.Length).SequenceEqual(part);

    [GeneratedRegex(@"[^ \t]+", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Words();
}
