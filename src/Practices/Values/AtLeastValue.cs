namespace GuestTune.Practices.Values;

/// <summary>A number where more than what was asked for is as good.</summary>
public sealed class AtLeastValue(ulong minimum, ulong maximum) : IValueKind
{
    private readonly NumberValue _number = new(minimum, maximum);

    public string Allowed => _number.Allowed;

    public bool TryNormalize(string text, out string normalized, out string? problem)
        => _number.TryNormalize(text, out normalized, out problem);

    public bool IsSatisfied(string current, string desired)
        => TryNormalize(current, out var left, out _) && TryNormalize(desired, out var right, out _)
            ? ulong.Parse(left, System.Globalization.CultureInfo.InvariantCulture) >= ulong.Parse(right, System.Globalization.CultureInfo.InvariantCulture)
            : string.Equals(current, desired, StringComparison.Ordinal);
}
