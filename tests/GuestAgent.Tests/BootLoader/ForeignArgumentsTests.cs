using GuestTune.Agent.BootLoader;

namespace GuestTune.Agent.Tests.BootLoader;

public sealed class ForeignArgumentsTests
{
    [Theory]
    [InlineData("ro quiet a=1", "ro quiet", "")]
    [InlineData("ro quiet a=1", "quiet b ro", "")]
    [InlineData("ro quiet a=1", "ro", "quiet (t)")]
    [InlineData("x x", "x", "x (t)")]
    [InlineData("a=1 ro a=1", "ro", "a=1 (t)")]
    public void WhichAreLost_OursMayGo_OthersMayNot(string before, string after, string lost)
        => Assert.Equal(lost, string.Join(',', ForeignArguments.WhichAreLost(Menu(before), Menu(after), [new KernelArgument("a", "1")])));

    [Fact]
    public void WhichAreLost_EntriesThatAreGoneOrForRecovery_AreNotAsked()
    {
        var before = new NextBoot(null, null, [Entry("gone", "x"), Entry("recovery", "single x") with { IsRecovery = true }], null);
        var after = new NextBoot(null, null, [Entry("recovery", "single")], null);

        Assert.Empty(ForeignArguments.WhichAreLost(before, after, []));
    }

    private static NextBoot Menu(string line) => new(null, null, [Entry("t", line)], null);

    private static BootEntry Entry(string title, string line) => new(title, title, "/boot/grub/grub.cfg", "/vmlinuz", line, IsRecovery: false);
}
