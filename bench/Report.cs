using System.Text.Json;
using Spectre.Console;

namespace GuestTune.Bench;

/// <summary>Shows measurements with the ratio of every contender to GuestTune, as a table and as JSON.</summary>
internal static class Report
{
    private const string Ours = "guesttune";
    private static readonly JsonSerializerOptions JsonOptions = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static void Print(IReadOnlyList<Measurement> measurements)
    {
        var table = new Table().Border(TableBorder.Markdown).AddColumns("figure", "contender", "median", "10 % to 90 %", "unit", "to guesttune");
        foreach (var one in measurements)
        {
            table.AddRow(
                Markup.Escape(one.Figure),
                Markup.Escape(one.Contender),
                Format(one.Value),
                one.Low is { } low && one.High is { } high ? $"{Format(low)} to {Format(high)}" : "",
                one.Unit,
                RatioToOurs(one, measurements) is { } ratio ? $"{Format(ratio)}x" : "");
        }

        // A width of its own: a table in a file must not depend on a terminal.
        AnsiConsole.Profile.Width = 160;
        AnsiConsole.Write(table);
    }

    public static void WriteJson(string path, IReadOnlyList<Measurement> measurements) =>
        File.WriteAllText(path, JsonSerializer.Serialize(
            measurements.Select(m => new { m.Figure, m.Contender, m.Value, m.Unit, m.Low, m.High, m.Samples, RatioToGuesttune = RatioToOurs(m, measurements) }),
            JsonOptions));

    private static double? RatioToOurs(Measurement one, IReadOnlyList<Measurement> all) =>
        one.Contender != Ours && all.FirstOrDefault(m => m.Figure == one.Figure && m.Contender == Ours) is { Value: > 0 } ours
            ? one.Value / ours.Value
            : null;

    private static string Format(double value) => value switch
    {
        0 => "0",
        >= 100 => value.ToString("F0"),
        >= 10 => value.ToString("F1"),
        >= 0.1 => value.ToString("F2"),
        _ => value.ToString("F3"),
    };
}
