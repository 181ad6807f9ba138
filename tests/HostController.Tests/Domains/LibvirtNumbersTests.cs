using GuestTune.Controller.DomainXml;

namespace GuestTune.HostController.Tests.Domains;

public sealed class LibvirtNumbersTests
{
    [Theory]
    [InlineData("0-3,^2,8", "0-1,3,8")]
    [InlineData("^2,0-3", "0-3")]
    [InlineData("10", "10")]
    [InlineData("0-3,^1-2", null)]
    [InlineData("^0", null)]
    [InlineData("ff", null)]
    [InlineData("3-1", null)]
    [InlineData("8192", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void TryParse_AnyText_IsWhatLibvirtMakesOfIt(string? text, string? numbers) => Assert.Equal(numbers, LibvirtNumbers.TryParse(text)?.ToString());

    [Theory]
    [InlineData("0-3", "0,1,2-3", true)]
    [InlineData("0-3,^3", "0-2", true)]
    [InlineData("0-3", "0-2", false)]
    [InlineData("x", "x", true)]
    [InlineData("x", "y", false)]
    [InlineData(null, "0", false)]
    public void AreEqual_Texts_ByWhatTheyMean(string? left, string? right, bool expected) => Assert.Equal(expected, LibvirtNumbers.AreEqual(left, right));
}
