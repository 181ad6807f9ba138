using GuestTune.Controller.Rendering;

namespace GuestTune.Controller.Practices;

/// <summary>Settings whose names the caller chooses, such as the arguments of a kernel: one option sets any of them, another takes any away.</summary>
internal sealed record FreeSettings
{
    /// <summary>As agents take them.</summary>
    private const int MaximumNameLength = 256;
    private const int MaximumValueLength = 2048;

    private const string Rule = "KEY=VALUE, or KEY alone, without spaces and quotes";

    /// <summary>Takes KEY=VALUE, or KEY alone.</summary>
    public required string Option { get; init; }

    public required string Description { get; init; }

    /// <summary>What stands for the value in help.</summary>
    public string ValueName { get; init; } = "KEY[=VALUE]";

    /// <summary>Takes KEY; null where nothing can be taken away.</summary>
    public string? RemoveOption { get; init; }

    public string? RemoveDescription { get; init; }

    /// <summary>The value that stands on the wire for taking it away.</summary>
    public string Removal { get; init; } = "";

    /// <param name="text">What was given to the option.</param>
    public static (string Key, string Value) Split(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (text, "") : (text[..equals], text[(equals + 1)..]);
    }

    /// <returns>What is wrong; null where it may be sent.</returns>
    public static string? Check(string key, string value) =>
        IsKey(key) && value.Length <= MaximumValueLength && value.All(IsPlain) ? null : $"'{TerminalText.Escape(value.Length == 0 ? key : $"{key}={value}", 80)}' cannot be set; it must be {Rule}";

    public static bool IsKey(string key) => key.Length is > 0 and <= MaximumNameLength && key.All(static c => IsPlain(c) && c != '=');

    private static bool IsPlain(char c) => c is > ' ' and <= '~' and not ('"' or '\'');
}
