namespace GuestTune.Practices.Values;

/// <summary>A bool as the kernel's kstrtobool reads it; written and shown as the kernel shows it, Y or N.</summary>
public sealed class BoolValue : IValueKind
{
    public static BoolValue Instance { get; } = new();

    public string Allowed => "Y or N (also 1, 0, true, false, yes, no, on, off)";

    public bool TryNormalize(string text, out string normalized, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        problem = null;
        switch (text.ToUpperInvariant())
        {
            case "Y" or "YES" or "1" or "TRUE" or "ON":
                normalized = "Y";
                return true;
            case "N" or "NO" or "0" or "FALSE" or "OFF":
                normalized = "N";
                return true;
            default:
                normalized = text;
                problem = "it is neither yes nor no";
                return false;
        }
    }
}
