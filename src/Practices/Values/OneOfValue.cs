namespace GuestTune.Practices.Values;

/// <summary>One of some words; understands the kernel's way to mark the chosen one, <c>always [madvise] never</c>.</summary>
public sealed class OneOfValue(params string[] words) : IValueKind
{
    public string Allowed => "one of " + string.Join(", ", words);

    public bool TryNormalize(string text, out string normalized, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        var open = text.IndexOf('[', StringComparison.Ordinal);
        var close = text.IndexOf(']', StringComparison.Ordinal);
        normalized = (open >= 0 && close > open ? text[(open + 1)..close] : text).Trim();
        if (Array.IndexOf(words, normalized) >= 0)
        {
            problem = null;
            return true;
        }

        problem = "it is not one of the words known here";
        return false;
    }
}
