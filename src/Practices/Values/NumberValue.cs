using System.Globalization;

namespace GuestTune.Practices.Values;

/// <summary>A whole number in a range, as the kernel's kstrtouint(…, 0, …) reads it, except that octal is refused as a trap.</summary>
public sealed class NumberValue(ulong minimum, ulong maximum) : IValueKind
{
    /// <summary>The range of a module_param of type uint.</summary>
    public static NumberValue UInt32 { get; } = new(0, uint.MaxValue);

    public string Allowed => $"a whole number from {minimum} to {maximum}";

    public bool TryNormalize(string text, out string normalized, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        normalized = text;
        if (text.Length > 1 && text[0] == '0' && char.IsAsciiDigit(text[1]))
        {
            problem = "a leading zero means octal to the kernel; write it without";
            return false;
        }

        if (!TryParse(text, out var number, out var tooLarge))
        {
            problem = tooLarge ? "it is out of range" : "it is not a whole number";
            return false;
        }

        if (number < minimum || number > maximum)
        {
            problem = "it is out of range";
            return false;
        }

        normalized = number.ToString(CultureInfo.InvariantCulture);
        problem = null;
        return true;
    }

    private static bool TryParse(string text, out ulong number, out bool tooLarge)
    {
        var isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var digits = isHex ? text.AsSpan(2) : text;
        var isNegative = digits.Length > 1 && digits[0] == '-';
        var rest = isNegative ? digits[1..] : digits;
        tooLarge = rest.Length > 0 && !(isHex ? rest.ContainsAnyExcept(HexDigits) : rest.ContainsAnyExceptInRange('0', '9'));
        return ulong.TryParse(digits, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static readonly System.Buffers.SearchValues<char> HexDigits = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");
}
