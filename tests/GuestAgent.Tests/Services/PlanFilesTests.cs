using GuestTune.Practices;
using GuestTune.Protocol;

namespace GuestTune.Agent.Tests.Services;

public sealed class PlanFilesTests
{
    [Fact]
    public void ToMessage_Files_KeepWhatIsMissingApartFromWhatIsEmpty()
    {
        var message = Plan(new FileEdit("/new", null, string.Empty), new FileEdit("/gone", "x", null)).ToMessage();

        Assert.Equal([("/new", false, true), ("/gone", true, false)], message.Files.Select(f => (f.Path, f.HasBefore, f.HasAfter)));
    }

    [Fact]
    public void ToMessage_FileTooLarge_IsLeftOutWithAWarning()
    {
        var message = Plan(new FileEdit("/large", null, new string('x', 256 * 1024)), new FileEdit("/small", null, "x")).ToMessage();

        Assert.Equal(["/small"], message.Files.Select(f => f.Path));
        Assert.Contains("/large", Assert.Single(message.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void ToMessage_ManyFiles_StayFarBelowWhatAClientTakes()
    {
        var files = Enumerable.Range(0, 50).Select(i => new FileEdit($"/{i}", new string('a', 100_000), new string('b', 100_000)));

        Assert.InRange(Plan([.. files]).ToMessage().CalculateSize(), 500_000, 1_200_000);
    }

    private static Plan Plan(params FileEdit[] files) => new("p", [], []) { Files = files };
}
