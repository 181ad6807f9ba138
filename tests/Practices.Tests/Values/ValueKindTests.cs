using FsCheck;
using FsCheck.Fluent;
using GuestTune.Practices.Values;

namespace GuestTune.Practices.Tests.Values;

public sealed class ValueKindTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("4294967295", "4294967295")]
    [InlineData("0x61A80", "400000")]
    public void Number_InRange_IsNormalized(string text, string expected)
    {
        Assert.True(NumberValue.UInt32.TryNormalize(text, out var normalized, out _));
        Assert.Equal(expected, normalized);
    }

    [Theory]
    [InlineData("4294967296", "out of range")]
    [InlineData("-1", "out of range")]
    [InlineData("99999999999999999999999", "out of range")]
    [InlineData("0x1FFFFFFFF", "out of range")]
    [InlineData("", "not a whole number")]
    [InlineData("abc", "not a whole number")]
    [InlineData(" 1", "not a whole number")]
    [InlineData("1 ", "not a whole number")]
    [InlineData("1.5", "not a whole number")]
    [InlineData("1\n2", "not a whole number")]
    [InlineData("0x", "not a whole number")]
    [InlineData("010", "octal")]
    public void Number_NotInRange_SaysWhy(string text, string expected)
    {
        Assert.False(NumberValue.UInt32.TryNormalize(text, out _, out var problem));
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Y", "1", true)]
    [InlineData("true", "Y", true)]
    [InlineData("off", "N", true)]
    [InlineData("0", "1", false)]
    [InlineData("maybe", "Y", false)]
    public void Bool_IsCompared(string left, string right, bool equal) => Assert.Equal(equal, ((IValueKind)BoolValue.Instance).IsSatisfied(left, right));

    [Theory]
    [InlineData("ff", "000000ff", true)]
    [InlineData("ff", "0-7", true)]
    [InlineData("00000001,00000000", "32-32", true)]
    [InlineData("1,00000003", "0,1,32", true)]
    [InlineData("a", "1,3", true)]
    [InlineData("0x3", "0-1", true)]
    [InlineData("ff", "0-6", false)]
    [InlineData("10", "4-4", true)]
    public void CpuMask_IsCompared(string left, string right, bool equal)
        => Assert.Equal(equal, ((IValueKind)CpuMaskValue.Instance).IsSatisfied(left, right));

    [Theory]
    [InlineData("")]
    [InlineData("7-0")]
    [InlineData("0-8192")]
    [InlineData("xyz")]
    [InlineData("1-")]
    [InlineData("0-99999999999")]
    public void CpuMask_Bad_IsRefused(string text) => Assert.False(CpuMaskValue.Instance.TryNormalize(text, out _, out _));

    [Fact]
    public void CpuMask_Normalized_IsStable() => Prop.ForAll(Gen.Choose(0, 8191).ListOf().ToArbitrary(), cpus =>
    {
        var list = cpus.Count == 0 ? "0-0" : string.Join(',', cpus.Select(c => $"{c}-{c}"));
        return CpuMaskValue.Instance.TryNormalize(list, out var once, out _)
            && CpuMaskValue.Instance.TryNormalize(once, out var twice, out _) && string.Equals(once, twice, StringComparison.Ordinal);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    [Theory]
    [InlineData("always [madvise] never", "madvise", true)]
    [InlineData("[always] madvise never", "madvise", false)]
    public void OneOf_KernelsMarking_IsUnderstood(string left, string right, bool equal)
        => Assert.Equal(equal, ((IValueKind)new OneOfValue("always", "madvise", "never")).IsSatisfied(left, right));

    [Theory]
    [InlineData("a b", "b,a,a", true)]
    [InlineData("a", "a b", false)]
    public void Set_OrderDoesNotMatter(string left, string right, bool equal) => Assert.Equal(equal, ((IValueKind)SetValue.Instance).IsSatisfied(left, right));

    [Theory]
    [InlineData("8", "4", true)]
    [InlineData("4", "4", true)]
    [InlineData("3", "4", false)]
    public void AtLeast_MoreIsAsGood(string current, string desired, bool satisfied)
        => Assert.Equal(satisfied, ((IValueKind)new AtLeastValue(0, 100)).IsSatisfied(current, desired));
}
