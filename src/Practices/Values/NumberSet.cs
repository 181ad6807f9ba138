using System.Globalization;
using System.Text;

namespace GuestTune.Practices.Values;

/// <summary>
/// Numbers of CPUs, NUMA nodes or registers, in both ways in which the kernel writes them: a list (<c>0-7,9</c>) and a mask (<c>ff</c>; groups of 32 bits between commas).
/// </summary>
public sealed class NumberSet(IEnumerable<int> numbers)
{
    /// <summary>The largest NR_CPUS that a kernel can be built with.</summary>
    public const int Limit = 8192;

    private const int HexDigitsPerGroup = 8;

    private readonly SortedSet<int> _numbers = [.. numbers];

    public static NumberSet Empty { get; } = new([]);

    /// <summary>In ascending order.</summary>
    public IReadOnlyCollection<int> Numbers => _numbers;

    public bool IsEmpty => _numbers.Count == 0;

    /// <summary>The largest; 0 where there is none.</summary>
    public int Last => _numbers.Max;

    /// <summary>A text that could be both is a mask, as for the kernel's cpumask_parse.</summary>
    /// <param name="problem">Why it is neither; null where it is one.</param>
    public static NumberSet? Parse(string text, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.Trim();
        return LooksLikeList(trimmed) ? ParseList(trimmed, out problem) : ParseMask(trimmed, out problem);
    }

    /// <summary>For what is known to be a list, as /sys/devices/system/cpu/online, where <c>10</c> is one CPU.</summary>
    public static NumberSet? ParseList(string text, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        var numbers = new List<int>();
        foreach (var part in text.Trim().Split(','))
        {
            var dash = part.IndexOf('-', StringComparison.Ordinal);
            if (TryNumber(dash < 0 ? part : part[..dash]) is not { } first || TryNumber(dash < 0 ? part : part[(dash + 1)..]) is not { } last)
            {
                problem = $"'{part}' is not a number or range";
                return null;
            }

            if (last < first || last >= Limit)
            {
                problem = last < first ? $"the range '{part}' runs backwards" : TooLarge;
                return null;
            }

            numbers.AddRange(Enumerable.Range(first, last - first + 1));
        }

        problem = null;
        return new NumberSet(numbers);

        static int? TryNumber(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    public bool Contains(int number) => _numbers.Contains(number);

    public bool Contains(NumberSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return _numbers.IsSupersetOf(other._numbers);
    }

    public bool Overlaps(NumberSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return _numbers.Overlaps(other._numbers);
    }

    /// <summary>Those that are not in <paramref name="other"/>.</summary>
    public NumberSet Except(NumberSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new NumberSet(_numbers.Except(other._numbers));
    }

    public NumberSet Intersect(NumberSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new NumberSet(_numbers.Intersect(other._numbers));
    }

    public NumberSet Union(NumberSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new NumberSet(_numbers.Union(other._numbers));
    }

    public bool SetEquals(NumberSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return _numbers.SetEquals(other._numbers);
    }

    /// <summary>E.g. <c>1,00000000</c>; in its shortest form, which reads back as the same.</summary>
    public string ToMask()
    {
        var text = new StringBuilder();
        for (var digit = Last / 4; digit >= 0; digit--)
        {
            var value = Enumerable.Range(0, 4).Sum(k => _numbers.Contains((digit * 4) + k) ? 1 << k : 0);
            text.Append(value.ToString("x", CultureInfo.InvariantCulture));
            if (digit > 0 && digit % HexDigitsPerGroup == 0)
            {
                text.Append(',');
            }
        }

        return text.ToString();
    }

    /// <summary>E.g. <c>0-7,9</c>; empty for no number.</summary>
    public override string ToString()
    {
        var ranges = new List<string>();
        for (var rest = _numbers.ToArray().AsSpan(); !rest.IsEmpty;)
        {
            var count = 1;
            while (count < rest.Length && rest[count] == rest[0] + count)
            {
                count++;
            }

            ranges.Add(count == 1 ? $"{rest[0]}" : $"{rest[0]}-{rest[count - 1]}");
            rest = rest[count..];
        }

        return string.Join(',', ranges);
    }

    private static string TooLarge => $"it has a number above {Limit - 1}";

    private static bool LooksLikeList(string text) =>
        text.Contains('-', StringComparison.Ordinal)
        // In a mask every group but the first has eight digits.
        || text.Split(',').Skip(1).Any(static group => group.Length != HexDigitsPerGroup);

    private static NumberSet? ParseMask(string text, out string? problem)
    {
        var digits = (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text).Replace(",", "", StringComparison.Ordinal);
        var numbers = new List<int>();
        for (var i = 0; i < digits.Length; i++)
        {
            if (!char.IsAsciiHexDigit(digits[i]))
            {
                problem = "it is neither a hexadecimal mask nor a list of numbers";
                return null;
            }

            var value = Convert.ToInt32(digits[i].ToString(), 16);
            numbers.AddRange(Enumerable.Range(0, 4).Where(k => (value & (1 << k)) != 0).Select(k => ((digits.Length - 1 - i) * 4) + k));
        }

        problem = digits.Length == 0 ? "it is empty" : numbers.Any(static n => n >= Limit) ? TooLarge : null;
        return problem is null ? new NumberSet(numbers) : null;
    }
}
