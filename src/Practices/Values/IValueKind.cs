namespace GuestTune.Practices.Values;

/// <summary>How texts of one type are checked and compared, so that <c>ff</c> equals <c>0-7</c> where both are cpu masks.</summary>
public interface IValueKind
{
    /// <summary>What is allowed, for messages: "a number from 0 to 4294967295".</summary>
    string Allowed { get; }

    /// <summary>Brings a text into the one form that is written and shown.</summary>
    /// <param name="problem">Why it is refused; null when it is not.</param>
    bool TryNormalize(string text, out string normalized, out string? problem);

    /// <summary>Whether <paramref name="current"/> is as good as <paramref name="desired"/>. A text that cannot be read as this type is equal only to itself.</summary>
    bool IsSatisfied(string current, string desired)
        => TryNormalize(current, out var left, out _) && TryNormalize(desired, out var right, out _)
            ? string.Equals(left, right, StringComparison.Ordinal)
            : string.Equals(current, desired, StringComparison.Ordinal);
}
