namespace GuestTune.Testing.Tests.Caching;

public sealed class ContentKeyTests
{
    [Fact]
    public void ToString_SamePartsCutDifferently_Differs()
    {
        using var one = new ContentKey().Add("ab").Add("c");
        using var other = new ContentKey().Add("a").Add("bc");
        using var same = new ContentKey().Add("ab").Add("c");

        Assert.NotEqual(one.ToString(), other.ToString());
        Assert.Equal(one.ToString(), same.ToString());
    }
}
