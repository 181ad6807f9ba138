using GuestTune.Controller.MeasuredBoot.Comparison;
using GuestTune.Controller.Practices;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.MeasuredBoot.Predictions;

/// <summary>A kernel argument that this host asked a guest to change: nothing else is ever taken for GuestTune's change.</summary>
/// <param name="Values">What it may be afterwards: empty for the key alone, null for none of its own.</param>
/// <param name="IsForSome">It is not for every guest: of two processors' drivers one is there.</param>
internal sealed record RequestedArgument(string Key, IReadOnlyList<string?> Values, bool IsForSome = false)
{
    /// <param name="value">What counts on a command line; null: it is not there.</param>
    public bool IsSatisfiedBy(string? value) => Values.Any(v => Unquoted(v) == Unquoted(value)) || (IsForSome && value is null);

    /// <summary>In words, where nothing shows what became of it.</summary>
    public TokenChange ToChange() => Values[0] is { } value ? new TokenChange(true, value.Length == 0 ? Key : $"{Key}={value}") : new TokenChange(false, Key);

    /// <summary>What a request may do to the kernel command line; empty where it cannot touch it.</summary>
    public static IReadOnlyList<RequestedArgument> Of(Desired desired) => desired.Practice switch
    {
        "kernel-arguments" => [.. desired.Settings.Select(static s => new RequestedArgument(s.Key, [s.Value == KernelArgumentsPractice.Definition.Free!.Removal ? null : s.Value]))],
        "pv-qspinlock" => [.. desired.Settings.Select(static s => new RequestedArgument("arm_pvspin", [IsOn(s.Value) ? "" : null], IsForSome: true))],
        "guest-idle-haltpoll" => [.. desired.Settings.SelectMany(s => OfHaltpoll(s.Key, s.Value, desired.Persist))],
        _ => [],
    };

    /// <summary>What was asked for, of its words.</summary>
    /// <param name="changes">As <see cref="ToChange"/> made them.</param>
    public static IReadOnlyList<RequestedArgument> Of(IReadOnlyList<TokenChange> changes) => [.. changes.Select(static c => new RequestedArgument(c.Key, [c.IsAdded ? c.Value : null]))];

    /// <summary>What puts an operation's changes back.</summary>
    public static IReadOnlyList<RequestedArgument> Undoing(IReadOnlyList<TokenChange> changes) =>
    [
        .. changes.GroupBy(static c => c.Key, StringComparer.Ordinal)
            .Select(static g => new RequestedArgument(g.Key, [g.LastOrDefault(static c => !c.IsAdded)?.Value])),
    ];

    private static IEnumerable<RequestedArgument> OfHaltpoll(string setting, string value, bool persist)
    {
        if (setting is "force")
        {
            string?[] values = IsOn(value) ? ["Y"] : [null, "N"];
            return [new RequestedArgument("cpuidle_haltpoll.force", values, IsForSome: true), new RequestedArgument("haltpoll.enable", values, IsForSome: true)];
        }

        // As the agent writes a value: a switch as Y or N, a number in decimal digits.
        return !persist ? [] : [new RequestedArgument("haltpoll." + setting, [setting is "guest_halt_poll_allow_shrink" ? IsOn(value) ? "Y" : "N" : Decimal(value)], IsForSome: true)];
    }

    /// <summary>The guest quotes where the kernel needs it.</summary>
    private static string? Unquoted(string? value) => value?.Replace("\"", "", StringComparison.Ordinal);

    private static bool IsOn(string value) => value is "1" || value.Equals("y", StringComparison.OrdinalIgnoreCase)
        || value.Equals("yes", StringComparison.OrdinalIgnoreCase) || value.Equals("true", StringComparison.OrdinalIgnoreCase) || value.Equals("on", StringComparison.OrdinalIgnoreCase);

    private static string Decimal(string value) =>
        value.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && ulong.TryParse(value.AsSpan(2), System.Globalization.NumberStyles.HexNumber, null, out var number) ? $"{number}" : value;
}
