using GuestTune.Controller.Selection;

namespace GuestTune.HostController.Tests.Selection;

public sealed class GlobTests
{
    [Theory]
    [InlineData("*", "", true)]
    [InlineData("vm*", "vm1", true)]
    [InlineData("vm*", "xvm1", false)]
    [InlineData("*1", "vm21", true)]
    [InlineData("v*m*1", "vvmm11", true)]
    [InlineData("vm?", "vm1", true)]
    [InlineData("vm?", "vm", false)]
    [InlineData("vm[12]", "vm2", true)]
    [InlineData("vm[1-3]", "vm4", false)]
    [InlineData("vm[!1-3]", "vm4", true)]
    [InlineData("vm[]x]", "vm]", true)]
    [InlineData("vm[", "vm[", true)]
    [InlineData("vm[", "vm1", false)]
    [InlineData("vm[!", "vm[!", true)]
    [InlineData("vm.1", "vmx1", false)]
    public void Matches_Pattern_LikeAShell(string pattern, string name, bool expected) => Assert.Equal(expected, Glob.Matches(pattern, name));

    [Fact]
    public void Matches_ManyStars_StaysFast()
    {
        var pattern = string.Concat(Enumerable.Repeat("a*", 200)) + "b";

        Assert.False(Glob.Matches(pattern, new string('a', 5000)));
    }
}
