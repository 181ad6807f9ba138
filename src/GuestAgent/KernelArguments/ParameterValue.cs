using GuestTune.Practices.Values;

namespace GuestTune.Agent.KernelArguments;

/// <summary>Compares what was given on the command line with what the kernel shows, whose type is not known: as a text, a number or a bool.</summary>
internal static class ParameterValue
{
    private static readonly IValueKind[] Kinds = [new NumberValue(0, ulong.MaxValue), BoolValue.Instance];

    /// <param name="given">Empty where the key stood alone, which switches a bool on.</param>
    public static bool IsSame(string given, string shown)
    {
        var value = given.Length == 0 ? "Y" : given;
        return string.Equals(value, shown, StringComparison.Ordinal)
            || Array.Exists(Kinds, k => k.TryNormalize(value, out var left, out _) && k.TryNormalize(shown, out var right, out _) && string.Equals(left, right, StringComparison.Ordinal));
    }
}
