namespace GuestTune.Practices.Values;

/// <summary>Words whose order and repetition do not matter, separated by blanks or commas.</summary>
public sealed class SetValue : IValueKind
{
    private static readonly char[] Separators = [' ', ',', '\t', '\n'];

    public static SetValue Instance { get; } = new();

    public string Allowed => "words separated by commas or blanks";

    public bool TryNormalize(string text, out string normalized, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        var words = text.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        normalized = string.Join(',', new SortedSet<string>(words, StringComparer.Ordinal));
        problem = null;
        return true;
    }
}
