using System.Globalization;

namespace GuestTune.Controller.DomainXml;

/// <summary>Numbers of host CPUs (or NUMA nodes) in libvirt's spelling: <c>0-3,^2,8</c>.</summary>
internal sealed class CpuList(IEnumerable<int> numbers)
{
    /// <summary>The largest NR_CPUS that a kernel can be built with.</summary>
    private const int Maximum = 8192;

    private readonly SortedSet<int> _numbers = [.. numbers];

    public IReadOnlyCollection<int> Numbers => _numbers;

    public bool IsEmpty => _numbers.Count == 0;

    public int Last => _numbers.Max;

    /// <returns>Null where it is no such text.</returns>
    public static CpuList? TryParse(string text)
    {
        var numbers = new SortedSet<int>();
        foreach (var part in text.Split(','))
        {
            var isExcluded = part.StartsWith('^');
            var ends = (isExcluded ? part[1..] : part).Split('-');
            if (ends.Length > (isExcluded ? 1 : 2) || TryNumber(ends[0]) is not { } first || TryNumber(ends[^1]) is not { } last || last < first)
            {
                return null;
            }

            if (isExcluded)
            {
                numbers.Remove(first);
            }
            else
            {
                numbers.UnionWith(Enumerable.Range(first, last - first + 1));
            }
        }

        return numbers.Count == 0 ? null : new CpuList(numbers);
    }

    /// <summary>By what they mean; a text that is none equals only itself.</summary>
    public static bool AreEqual(string? left, string? right) =>
        string.Equals(left, right, StringComparison.Ordinal)
        || (left is not null && right is not null && TryParse(left) is { } a && TryParse(right) is { } b && a._numbers.SetEquals(b._numbers));

    public CpuList Except(CpuList other) => new(_numbers.Except(other._numbers));

    public CpuList Union(CpuList other) => new(_numbers.Union(other._numbers));

    public bool Overlaps(CpuList other) => _numbers.Overlaps(other._numbers);

    public override string ToString()
    {
        var parts = new List<string>();
        for (var rest = _numbers.ToArray().AsSpan(); !rest.IsEmpty;)
        {
            var count = 1;
            while (count < rest.Length && rest[count] == rest[0] + count)
            {
                count++;
            }

            parts.Add(count == 1 ? $"{rest[0]}" : $"{rest[0]}-{rest[count - 1]}");
            rest = rest[count..];
        }

        return string.Join(',', parts);
    }

    private static int? TryNumber(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < Maximum ? number : null;
}
