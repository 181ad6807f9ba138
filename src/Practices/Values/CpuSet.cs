using System.Globalization;
using System.Text;

namespace GuestTune.Practices.Values;

/// <summary>CPUs by their numbers, in both ways in which the kernel writes them: a mask (<c>ff</c>; groups of 32 bits between commas) and a list (<c>0-7,9</c>).</summary>
public sealed class CpuSet
{
    /// <summary>The largest NR_CPUS that a kernel can be built with.</summary>
    public const int MaximumCpus = 8192;

    private const int HexDigitsPerGroup = 8;

    private readonly bool[] _cpus = new bool[MaximumCpus];

    public bool IsEmpty => Array.IndexOf(_cpus, true) < 0;

    /// <summary>A text that could be both is a mask, as for the kernel's cpumask_parse.</summary>
    /// <param name="problem">Why it is neither; null where it is one.</param>
    public static CpuSet? Parse(string text, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        var trimmed = text.Trim();
        return LooksLikeList(trimmed) ? ParseList(trimmed, out problem) : ParseMask(trimmed, out problem);
    }

    /// <summary>For what is known to be a list, as /sys/devices/system/cpu/online, where <c>10</c> is one CPU.</summary>
    public static CpuSet? ParseList(string text, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        var set = new CpuSet();
        problem = set.AddList(text.Trim());
        return problem is null ? set : null;
    }

    public bool Overlaps(CpuSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Enumerable.Range(0, MaximumCpus).Any(cpu => _cpus[cpu] && other._cpus[cpu]);
    }

    public bool Contains(CpuSet other) => Without(other, this).IsEmpty;

    /// <summary>Those of <paramref name="left"/> that are not in <paramref name="right"/>.</summary>
    public static CpuSet Without(CpuSet left, CpuSet right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        var rest = new CpuSet();
        for (var cpu = 0; cpu < MaximumCpus; cpu++)
        {
            rest._cpus[cpu] = left._cpus[cpu] && !right._cpus[cpu];
        }

        return rest;
    }

    /// <summary>E.g. <c>1,00000000</c>; in its shortest form, which reads back as the same.</summary>
    public string ToMask()
    {
        var text = new StringBuilder();
        for (var digit = Math.Max(Array.LastIndexOf(_cpus, true), 0) / 4; digit >= 0; digit--)
        {
            var value = 0;
            for (var k = 0; k < 4; k++)
            {
                value |= _cpus[(digit * 4) + k] ? 1 << k : 0;
            }

            text.Append(value.ToString("x", CultureInfo.InvariantCulture));
            if (digit > 0 && digit % HexDigitsPerGroup == 0)
            {
                text.Append(',');
            }
        }

        return text.ToString();
    }

    /// <summary>E.g. <c>0-7,9</c>; empty for no CPU.</summary>
    public override string ToString()
    {
        var ranges = new List<string>();
        for (var first = 0; first < MaximumCpus; first++)
        {
            if (!_cpus[first])
            {
                continue;
            }

            var last = first;
            while (last + 1 < MaximumCpus && _cpus[last + 1])
            {
                last++;
            }

            ranges.Add(first == last ? $"{first}" : $"{first}-{last}");
            first = last;
        }

        return string.Join(',', ranges);
    }

    private static bool LooksLikeList(string text)
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

    private static CpuSet? ParseMask(string text, out string? problem)
    {
        var set = new CpuSet();
        problem = set.AddMask(text);
        return problem is null ? set : null;
    }

    private string? AddMask(string text)
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

                _cpus[bit] = true;
            }
        }

        return bit == 0 ? "it is empty" : null;
    }

    private string? AddList(string text)
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

            Array.Fill(_cpus, true, first, last - first + 1);
        }

        return null;
    }
}
