using FsCheck;
using FsCheck.Fluent;
using GuestTune.Practices.Values;

namespace GuestTune.Practices.Tests.Values;

public sealed class CpuSetTests
{
    [Theory]
    [InlineData("ff", "0-7")]
    [InlineData("0-3,9", "0-3,9")]
    [InlineData("1,00000000", "32")]
    [InlineData("10", "4")]
    [InlineData("0", "")]
    public void Parse_MaskOrList_NamesItsNumbers(string text, string list) => Assert.Equal(list, NumberSet.Parse(text, out _)!.ToString());

    [Fact]
    public void ParseList_OneNumber_IsACpuAndNoMask() => Assert.Equal("10", NumberSet.ParseList("10\n", out _)!.ToString());

    [Fact]
    public void ToMaskAndToString_AnyNumbers_ReadBackAsTheSame() => Prop.ForAll(
        (from cpus in Gen.Choose(0, NumberSet.Limit - 1).NonEmptyListOf() select string.Join(',', cpus.Select(c => $"{c}-{c}"))).ToArbitrary(),
        text =>
        {
            var set = NumberSet.Parse(text, out _)!;
            return NumberSet.Parse(set.ToMask(), out _)!.ToString() == set.ToString() && NumberSet.ParseList(set.ToString(), out _)!.ToMask() == set.ToMask();
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Except_Sets_IsWhatIsLeft()
    {
        var (left, right) = (NumberSet.Parse("0-7", out _)!, NumberSet.Parse("2-3,9", out _)!);

        Assert.Equal("0-1,4-7", left.Except(right).ToString());
        Assert.True(left.Overlaps(right));
        Assert.False(left.Contains(right));
    }
}
