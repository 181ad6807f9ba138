using GuestTune.Controller.Rendering;

namespace GuestTune.HostController.Tests.Rendering;

public sealed class DurationsTests
{
    [Theory]
    [InlineData(0, "0 ns")]
    [InlineData(999, "999 ns")]
    [InlineData(1_500, "1.50 µs")]
    [InlineData(123_456, "123 µs")]
    [InlineData(12_345_678, "12.3 ms")]
    [InlineData(2_000_000_000, "2.00 s")]
    public void Of_Nanoseconds_ThreeDigits(ulong time, string expected) => Assert.Equal(expected, Durations.Of(time));

    [Fact]
    public void Median_EvenCount_IsTheLowerMiddle() => Assert.Equal(2UL, Durations.Median([9, 2, 1, 3]));
}
