using System.Globalization;
using System.Text;

namespace GuestTune.Controller.Rendering;

/// <summary>
/// Makes text from a guest safe for a terminal, a table and a log: whatever could move the cursor, hide or reorder
/// text is shown as an escape, and the length is bounded.
/// </summary>
internal static class TerminalText
{
    /// <param name="maxLength">In characters, before escaping; what is longer ends in an ellipsis.</param>
    public static string Escape(string text, int maxLength)
    {
        var cut = text.Length > maxLength;
        var visible = cut ? text.AsSpan(0, maxLength) : text.AsSpan();
        if (!cut && IsPlain(visible))
        {
            return text;
        }

        var result = new StringBuilder(visible.Length + 16);
        foreach (var rune in visible.EnumerateRunes())
        {
            Append(result, rune);
        }

        return cut ? result.Append('…').ToString() : result.ToString();
    }

    private static bool IsPlain(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (c is < ' ' or > '~')
            {
                return IsSafe(text);
            }
        }

        return true;
    }

    private static bool IsSafe(ReadOnlySpan<char> text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            // U+FFFD also stands for half a surrogate pair.
            if (rune == Rune.ReplacementChar || !IsSafe(rune))
            {
                return false;
            }
        }

        return true;
    }

    private static void Append(StringBuilder result, Rune rune)
    {
        if (IsSafe(rune))
        {
            result.Append(rune.ToString());
        }
        else
        {
            result.Append(rune.Value switch
            {
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                < 0x100 => $@"\x{rune.Value:x2}",
                _ => $@"\u{{{rune.Value:x}}}",
            });
        }
    }

    // Format covers bidirectional overrides and zero-width characters (UAX #9, UTR #36).
    private static bool IsSafe(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned);
}
