using System.Globalization;
using GuestTune.Controller.Rendering;

namespace GuestTune.HostController.Tests.Rendering;

public sealed class TerminalTextTests
{
    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("größe 大 \U0001F600", "größe 大 \U0001F600")]
    [InlineData("\u001b[31m", @"\x1b[31m")]
    [InlineData("a\tb\nc\rd", @"a\tb\nc\rd")]
    [InlineData("\u0000\u007f\u009b", @"\x00\x7f\x9b")]
    [InlineData("\u202egpj.exe", @"\u{202e}gpj.exe")]
    [InlineData("zero\u200bwidth\ufeff", @"zero\u{200b}width\u{feff}")]
    [InlineData("\u2028\u2029", @"\u{2028}\u{2029}")]
    [InlineData("\ue000", @"\u{e000}")]
    public void Escape_Text_ShowsWhatIsNotPrintable(string text, string expected) => Assert.Equal(expected, TerminalText.Escape(text, 100));

    [Fact]
    public void Escape_LoneSurrogate_BecomesTheReplacement() => Assert.Equal("a\ufffdb", TerminalText.Escape("a\ud800b", 100));

    [Fact]
    public void Escape_Long_IsCut() => Assert.Equal("xxx…", TerminalText.Escape("xxxx", 3));

    [Fact]
    public void Escape_AnyCharacter_LeavesNothingThatMovesACursor()
    {
        for (var c = 0; c <= char.MaxValue; c++)
        {
            var escaped = TerminalText.Escape(((char)c).ToString(), 10);
            Assert.DoesNotContain(escaped, e => char.GetUnicodeCategory(e) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate);
        }
    }
}
