namespace GuestTune.Agent.BootLoader;

/// <summary>Compares names with versions in them as rpm and systemd do in what matters here: digits as numbers, letters as text, numbers after letters.</summary>
internal sealed class VersionOrder : IComparer<string>
{
    public static VersionOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        var left = x.AsSpan();
        var right = y.AsSpan();
        while (true)
        {
            left = SkipSeparators(left);
            right = SkipSeparators(right);
            if (left.IsEmpty || right.IsEmpty)
            {
                return left.Length.CompareTo(right.Length);
            }

            var isNumber = char.IsAsciiDigit(left[0]);
            if (isNumber != char.IsAsciiDigit(right[0]))
            {
                return isNumber ? 1 : -1;
            }

            var leftPart = Take(ref left, isNumber);
            var rightPart = Take(ref right, isNumber);
            var order = isNumber ? CompareNumbers(leftPart, rightPart) : leftPart.CompareTo(rightPart, StringComparison.Ordinal);
            if (order != 0)
            {
                return order;
            }
        }
    }

    private static ReadOnlySpan<char> SkipSeparators(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty && !char.IsAsciiLetterOrDigit(text[0]))
        {
            text = text[1..];
        }

        return text;
    }

    private static ReadOnlySpan<char> Take(ref ReadOnlySpan<char> text, bool isNumber)
    {
        var length = 0;
        while (length < text.Length && (isNumber ? char.IsAsciiDigit(text[length]) : char.IsAsciiLetter(text[length])))
        {
            length++;
        }

        var part = text[..length];
        text = text[length..];
        return part;
    }

    private static int CompareNumbers(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        left = left.TrimStart('0');
        right = right.TrimStart('0');
        return left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.CompareTo(right, StringComparison.Ordinal);
    }
}
