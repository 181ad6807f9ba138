using System.Text;

namespace GuestTune.Practices;

/// <summary>Checks what a caller sends, and brings it into one text by which a repeated call is recognised.</summary>
internal static class OperationRequest
{
    public const int MaximumIdLength = 64;
    public const int MaximumSettings = 64;
    public const int MaximumNameLength = 256;

    /// <summary>A list of all of qemu-ga's commands has 800 characters, a kernel command line at most 2,048 (COMMAND_LINE_SIZE on x86).</summary>
    public const int MaximumValueLength = 2048;

    /// <exception cref="PracticeException">The id is missing or has other characters than it may.</exception>
    public static void CheckId(string operationId, string field)
    {
        ArgumentNullException.ThrowIfNull(operationId);
        var isGood = operationId.Length is > 0 and <= MaximumIdLength;
        foreach (var c in operationId)
        {
            isGood &= char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-';
        }

        if (!isGood)
        {
            throw PracticeException.Invalid($"{field} is '{Shorten(operationId)}': 1 to {MaximumIdLength} of A-Z a-z 0-9 . _ - are allowed; a UUID is a good choice");
        }
    }

    /// <exception cref="PracticeException">There are too many settings, or texts that are too long.</exception>
    public static void CheckSize(Desired desired)
    {
        ArgumentNullException.ThrowIfNull(desired);
        if (desired.Settings.Count > MaximumSettings)
        {
            throw PracticeException.Invalid($"{desired.Settings.Count} settings were given; at most {MaximumSettings} are allowed");
        }

        foreach (var (name, value) in desired.Settings)
        {
            if (name.Length > MaximumNameLength || value.Length > MaximumValueLength)
            {
                throw PracticeException.Invalid($"setting '{Shorten(name)}': names have at most {MaximumNameLength} characters, values {MaximumValueLength}");
            }
        }
    }

    public static string Canonical(Desired desired)
    {
        var names = new List<string>(desired.Settings.Keys);
        names.Sort(StringComparer.Ordinal);
        var text = new StringBuilder("apply ").Append(desired.Practice).Append(desired.Persist ? " persist" : " now").Append(desired.Force ? " force" : string.Empty);
        foreach (var name in names)
        {
            // Lengths, so that no choice of names and values can look like another.
            var value = desired.Settings[name];
            text.Append(' ').Append(name.Length).Append(':').Append(name).Append('=').Append(value.Length).Append(':').Append(value);
        }

        return text.ToString();
    }

    public static string CanonicalUndo(string? target, bool force)
        => $"undo {(string.IsNullOrEmpty(target) ? "newest" : "id:" + target)}{(force ? " force" : string.Empty)}";

    /// <summary>What a caller sent may be long and is shown back to them.</summary>
    public static string Shorten(string text) => text.Length <= MaximumIdLength ? text : text[..MaximumIdLength] + "...";
}
