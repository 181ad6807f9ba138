using GuestTune.Controller.MeasuredBoot.Comparison;

namespace GuestTune.HostController.Tests.MeasuredBoot;

public sealed class KernelTokensTests
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("  a  b\t", new[] { "a", "b" })]
    [InlineData("x=\"a b\" y", new[] { "x=\"a b\"", "y" })]
    [InlineData("\"x=a b\" y", new[] { "\"x=a b\"", "y" })]
    [InlineData("x=\"never closed y", new[] { "x=\"never closed y" })]
    [InlineData("x='a b'", new[] { "x='a", "b'" })]
    [InlineData("x=a\\ b", new[] { "x=a\\", "b" })]
    public void Of_Line_IsCutAsTheKernelDoes(string line, string[] expected) => Assert.Equal(expected, KernelTokens.Of(line));
}
