using FsCheck;
using FsCheck.Fluent;
using GuestTune.Controller.Differences;

namespace GuestTune.HostController.Tests.Differences;

/// <summary>What must hold of every difference, whatever is compared.</summary>
public sealed class SequenceDiffTests
{
    private static readonly Arbitrary<int[]> Sequences = Gen.Choose(0, 4).ArrayOf().ToArbitrary();

    [Fact]
    public void Of_AnySequences_StepsGiveBothInOrder() => Prop.ForAll(Sequences, Sequences, static (before, after) =>
    {
        var steps = SequenceDiff.Of(before, after);

        Assert.Equal(Enumerable.Range(0, before.Length), steps.Where(s => s.Before >= 0).Select(s => s.Before));
        Assert.Equal(Enumerable.Range(0, after.Length), steps.Where(s => s.After >= 0).Select(s => s.After));
        Assert.All(steps.Where(s => s.IsKept), s => Assert.Equal(before[s.Before], after[s.After]));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Of_AnySequences_KeepsAsMuchAsCanBeKept() => Prop.ForAll(Sequences, Sequences, static (before, after) =>
        Assert.Equal(LongestCommon(before, after), SequenceDiff.Of(before, after).Count(s => s.IsKept))).QuickCheckThrowOnFailure();

    [Fact]
    public void Of_OneElementReplaced_IsOneGoneAndOneCome() => Prop.ForAll(Sequences, Gen.Choose(0, 1000).ToArbitrary(), static (sequence, position) =>
    {
        if (sequence.Length == 0)
        {
            return;
        }

        int[] after = [.. sequence];
        after[position % sequence.Length] = 99;
        var changed = SequenceDiff.Of(sequence, after).Where(s => !s.IsKept).ToArray();

        Assert.Equal(2, changed.Length);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Of_TooMuchToCompare_ReplacesTheMiddleAtOnce()
    {
        int[] before = [1, .. Enumerable.Range(100, 20_000), 2];
        int[] after = [1, .. Enumerable.Range(50_000, 20_000), 2];

        var steps = SequenceDiff.Of(before, after);

        Assert.Equal(2, steps.Count(s => s.IsKept));
        Assert.Equal(40_002, steps.Count);
    }

    private static int LongestCommon(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        var row = new int[b.Length + 1];
        foreach (var x in a)
        {
            var diagonal = 0;
            for (var j = 1; j <= b.Length; j++)
            {
                (diagonal, row[j]) = (row[j], x == b[j - 1] ? diagonal + 1 : Math.Max(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }
}
