using System.Globalization;
using GuestTune.Controller.Rendering;
using GuestTune.Practices.Values;

namespace GuestTune.Controller.Practices;

/// <summary>One setting of a practice: its name on the wire, its option on the command line, and what it may be.</summary>
internal sealed record PracticeSetting
{
    /// <summary>Of a value that an agent takes.</summary>
    private const int MaximumLength = 2048;

    /// <summary>As the agent and the kernel call it, e.g. guest_halt_poll_ns.</summary>
    public required string Name { get; init; }

    /// <summary>With its dashes, e.g. --guest-halt-poll-ns.</summary>
    public required string Option { get; init; }

    /// <summary>Short heading for a table of many VMs.</summary>
    public required string Column { get; init; }

    public required string Description { get; init; }

    public SettingKind Kind { get; init; }

    /// <summary>What a word may be.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>What stands in help for a text or a pair, e.g. DISK=N.</summary>
    public string Example { get; init; } = "TEXT";

    public ulong Minimum { get; init; }

    public ulong Maximum { get; init; } = uint.MaxValue;

    /// <summary>What stands for the value in help.</summary>
    public string ValueName => Kind switch
    {
        SettingKind.Switch => "true|false",
        SettingKind.Names => "NAME,...",
        SettingKind.Word => string.Join('|', Words),
        SettingKind.Cpus => "MASK|LIST",
        SettingKind.Text or SettingKind.Pairs => Example,
        _ => "N",
    };

    public string Allowed => Kind switch
    {
        SettingKind.Switch => "true or false",
        SettingKind.Names => "names separated by commas, without spaces, or none",
        SettingKind.Word => "one of " + string.Join(", ", Words),
        // As CpuMaskValue says; its assembly is not loaded for a text of help.
        SettingKind.Cpus => "a cpu mask such as ff, or a list such as 0-7,9",
        SettingKind.Text => "without spaces and quotes",
        SettingKind.Pairs => "again for each",
        _ => $"a whole number from {Minimum} to {Maximum}",
    };

    /// <param name="owner">What the message calls the setting: the option or the name.</param>
    /// <returns>What is wrong; null where the value may be sent.</returns>
    public string? Check(string owner, string value)
    {
        var right = Kind switch
        {
            SettingKind.Switch => value is "true" or "false",
            SettingKind.Word => Words.Contains(value, StringComparer.Ordinal),
            SettingKind.Cpus => value.Length <= MaximumLength && CpuMaskValue.Instance.TryNormalize(value, out _, out _),
            SettingKind.Names => value.Length <= MaximumLength && value.Split(',').All(IsName),
            SettingKind.Text => IsText(value),
            SettingKind.Pairs => value.Length <= MaximumLength && value.Split(' ').All(static p => p.IndexOf('=', StringComparison.Ordinal) is > 0 and var at && at < p.Length - 1 && IsText(p)),
            _ => ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= Minimum && number <= Maximum,
        };
        return right ? null : $"{owner} cannot be '{TerminalText.Escape(value, 40)}'; it must be {Allowed}";
    }

    private static bool IsText(string text) => text.Length is > 0 and <= MaximumLength && text.All(static c => c is > ' ' and <= '~' and not ('"' or '\''));

    private static bool IsName(string name) => name.Length > 0 && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
