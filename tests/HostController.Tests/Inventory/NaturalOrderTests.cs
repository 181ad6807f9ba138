using GuestTune.Controller.Inventory;

namespace GuestTune.HostController.Tests.Inventory;

public sealed class NaturalOrderTests
{
    [Theory]
    [InlineData("vm2", "vm10")]
    [InlineData("vm1", "vm1a")]
    [InlineData("a", "b")]
    [InlineData("vm9", "vm09a")]
    [InlineData("vm99999999999999999998", "vm99999999999999999999")]
    public void Compare_Pair_FirstComesFirst(string first, string second)
    {
        Assert.True(NaturalOrder.Compare(first, second) < 0);
        Assert.True(NaturalOrder.Compare(second, first) > 0);
    }

    [Fact]
    public void Compare_Same_IsZero() => Assert.Equal(0, NaturalOrder.Compare("vm1", "vm1"));

    [Fact]
    public void Compare_LeadingZeros_AreStillTwoNames() => Assert.NotEqual(0, NaturalOrder.Compare("vm1", "vm01"));
}
