using System.Buffers;

namespace GuestTune.Agent.BootLoader;

/// <summary>One argument of the kernel, as <c>KEY</c> or <c>KEY=VALUE</c>.</summary>
/// <param name="Value">Null: the key stands alone.</param>
internal sealed record KernelArgument(string Key, string? Value)
{
    /// <summary>The whole line has 2,048 bytes on most architectures (COMMAND_LINE_SIZE), and holds others' arguments, too.</summary>
    private const int MaximumLength = 256;

    // What none of sh, sed, GRUB's script language and the kernel's parser gives a meaning.
    private static readonly SearchValues<char> KeyCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
    private static readonly SearchValues<char> ValueCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-,:/@%+=~");

    /// <summary>As it stands on the command line.</summary>
    public string Text => Value is null ? Key : Key + "=" + Value;

    /// <summary>The kernel takes <c>-</c> for <c>_</c> in names (kernel/params.c, parameq).</summary>
    public static bool IsSameKey(string left, string right)
        => left.Length == right.Length && string.Equals(left.Replace('-', '_'), right.Replace('-', '_'), StringComparison.Ordinal);

    /// <summary>Only what every boot loader hands to the kernel unchanged can be set.</summary>
    /// <param name="value">Empty: the key alone.</param>
    /// <returns>Null where it can be set; else why not, for the user.</returns>
    public static string? WhyNotAllowed(string key, string value)
    {
        if (key.Length == 0)
        {
            return "an argument's name is missing: give KEY=VALUE, or KEY alone";
        }

        if (!char.IsAsciiLetterOrDigit(key[0]) || key.AsSpan().ContainsAnyExcept(KeyCharacters))
        {
            return $"'{key}' is not the name of a kernel argument: it begins with a letter or digit, and has letters, digits, _ . and - only";
        }

        if (key.Length + value.Length >= MaximumLength)
        {
            return $"{key} is too long: name and value may have {MaximumLength - 1} characters together";
        }

        var bad = value.AsSpan().IndexOfAnyExcept(ValueCharacters);
        return bad < 0 ? null
            : $"{key}='{value}' cannot be set: {Describe(value[bad])} is not handed on unchanged by every boot loader; allowed are letters, digits and _ . - , : / @ % + = ~";
    }

    private static string Describe(char c) => c switch
    {
        ' ' => "a blank",
        '\n' or '\r' => "a line end",
        '\t' => "a tab",
        '"' or '\'' => $"a quote ({c})",
        _ => char.IsControl(c) ? "a control character" : $"'{c}'",
    };
}
