using System.Globalization;
using System.Text;

namespace GuestTune.Practices.Values;

/// <summary>
/// A set of CPUs, as a mask (<c>ff</c>, <c>000000ff</c>, <c>1,00000000</c>: groups of 32 bits) or as a list (<c>0-7,9</c>);
/// shown as a mask, since that reads back as the same. A text that could be both is a mask, as for the kernel's cpumask_parse.
/// </summary>
public sealed class CpuMaskValue : IValueKind
{
    /// <summary>The largest NR_CPUS that a kernel can be built with.</summary>
    private const int MaximumCpus = 8192;

    private const int HexDigitsPerGroup = 8;

    public static CpuMaskValue Instance { get; } = new();

    public string Allowed => "a cpu mask such as ff, or a list such as 0-7,9";

    public bool TryNormalize(string text, out string normalized, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.Trim();
        var cpus = new bool[MaximumCpus];
        problem = IsList(trimmed) ? ParseList(trimmed, cpus) : ParseMask(trimmed, cpus);
        normalized = problem is null ? Format(cpus) : text;
        return problem is null;
    }

    private static bool IsList(string text)
    {
        if (text.Contains('-', StringComparison.Ordinal))
        {
            return true;
        }

        // In a mask every group but the first has eight digits.
        var comma = text.IndexOf(',', StringComparison.Ordinal);
        while (comma >= 0)
        {
            var next = text.IndexOf(',', comma + 1);
            var length = (next < 0 ? text.Length : next) - comma - 1;
            if (length != HexDigitsPerGroup)
            {
                return true;
            }

            comma = next;
        }

        return false;
    }

    private static string? ParseMask(string text, bool[] cpus)
    {
        var start = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? 2 : 0;
        var bit = 0;
        for (var i = text.Length - 1; i >= start; i--)
        {
            if (text[i] == ',')
            {
                continue;
            }

            if (!char.IsAsciiHexDigit(text[i]))
            {
                return "it is neither a hexadecimal mask nor a list of CPU numbers";
            }

            var digit = Convert.ToInt32(text[i].ToString(), 16);
            for (var k = 0; k < 4; k++, bit++)
            {
                if ((digit & (1 << k)) == 0)
                {
                    continue;
                }

                if (bit >= MaximumCpus)
                {
                    return $"it names a CPU above {MaximumCpus - 1}";
                }

                cpus[bit] = true;
            }
        }

        return bit == 0 ? "it is empty" : null;
    }

    private static string? ParseList(string text, bool[] cpus)
    {
        foreach (var part in text.Split(','))
        {
            var dash = part.IndexOf('-', StringComparison.Ordinal);
            var firstText = dash < 0 ? part : part[..dash];
            var lastText = dash < 0 ? part : part[(dash + 1)..];
            if (!int.TryParse(firstText, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                || !int.TryParse(lastText, NumberStyles.None, CultureInfo.InvariantCulture, out var last))
            {
                return $"'{part}' is not a CPU number or range";
            }

            if (last < first)
            {
                return $"the range '{part}' runs backwards";
            }

            if (last >= MaximumCpus)
            {
                return $"it names a CPU above {MaximumCpus - 1}";
            }

            Array.Fill(cpus, true, first, last - first + 1);
        }

        return null;
    }

    private static string Format(bool[] cpus)
    {
        var last = Array.LastIndexOf(cpus, true);
        var text = new StringBuilder();
        for (var digit = Math.Max(last, 0) / 4; digit >= 0; digit--)
        {
            var value = 0;
            for (var k = 0; k < 4; k++)
            {
                value |= cpus[(digit * 4) + k] ? 1 << k : 0;
            }

            text.Append(value.ToString("x", CultureInfo.InvariantCulture));
            if (digit > 0 && digit % HexDigitsPerGroup == 0)
            {
                text.Append(',');
            }
        }

        return text.ToString();
    }
}
