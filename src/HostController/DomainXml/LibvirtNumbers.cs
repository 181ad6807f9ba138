using GuestTune.Practices.Values;

namespace GuestTune.Controller.DomainXml;

/// <summary>Numbers of host CPUs or NUMA nodes in libvirt's spelling: <c>0-3,^2,8</c>, where a caret takes away what stands before it.</summary>
internal static class LibvirtNumbers
{
    /// <returns>Null where it is no such text.</returns>
    public static NumberSet? TryParse(string? text)
    {
        var set = NumberSet.Empty;
        foreach (var part in (text ?? "").Split(','))
        {
            var isExcluded = part.StartsWith('^');
            if (NumberSet.ParseList(isExcluded ? part[1..] : part, out _) is not { } numbers || (isExcluded && numbers.Numbers.Count > 1))
            {
                return null;
            }

            set = isExcluded ? set.Except(numbers) : set.Union(numbers);
        }

        return set.IsEmpty ? null : set;
    }

    /// <summary>By what they mean; a text that is none equals only itself.</summary>
    public static bool AreEqual(string? left, string? right) =>
        string.Equals(left, right, StringComparison.Ordinal) || (TryParse(left) is { } a && TryParse(right) is { } b && a.SetEquals(b));
}
