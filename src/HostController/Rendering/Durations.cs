namespace GuestTune.Controller.Rendering;

/// <summary>Times as people read them, with three significant digits.</summary>
internal static class Durations
{
    public static string Of(ulong nanoseconds) => nanoseconds switch
    {
        < 1_000 => $"{nanoseconds} ns",
        < 1_000_000 => Scaled(nanoseconds / 1e3, "µs"),
        < 1_000_000_000 => Scaled(nanoseconds / 1e6, "ms"),
        _ => Scaled(nanoseconds / 1e9, "s"),
    };

    public static ulong Median(IReadOnlyCollection<ulong> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? 0 : sorted[(sorted.Length - 1) / 2];
    }

    private static string Scaled(double value, string unit) => value switch
    {
        < 10 => $"{value:0.00} {unit}",
        < 100 => $"{value:0.0} {unit}",
        _ => $"{value:0} {unit}",
    };
}
