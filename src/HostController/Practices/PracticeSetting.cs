using System.Globalization;
using GuestTune.Controller.Rendering;

namespace GuestTune.Controller.Practices;

/// <summary>One setting of a practice: its name on the wire, its option on the command line, and what it may be.</summary>
internal sealed record PracticeSetting
{
    /// <summary>As the agent and the kernel call it, e.g. guest_halt_poll_ns.</summary>
    public required string Name { get; init; }

    /// <summary>With its dashes, e.g. --guest-halt-poll-ns.</summary>
    public required string Option { get; init; }

    /// <summary>Short heading for a table of many VMs.</summary>
    public required string Column { get; init; }

    public required string Description { get; init; }

    public SettingKind Kind { get; init; }

    public ulong Minimum { get; init; }

    public ulong Maximum { get; init; } = uint.MaxValue;

    public string Allowed => Kind == SettingKind.Switch ? "true or false" : $"a whole number from {Minimum} to {Maximum}";

    /// <param name="owner">What the message calls the setting: the option or the name.</param>
    /// <returns>What is wrong; null where the value may be sent.</returns>
    public string? Check(string owner, string value)
    {
        var right = Kind switch
        {
            SettingKind.Switch => value is "true" or "false",
            _ => ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= Minimum && number <= Maximum,
        };
        return right ? null : $"{owner} cannot be '{TerminalText.Escape(value, 40)}'; it must be {Allowed}";
    }
}
