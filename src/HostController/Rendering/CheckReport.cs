using System.Text.Json;
using GuestTune.Controller.Check;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Rendering;

/// <summary>Writes what an audit found.</summary>
internal static class CheckReport
{
    private const int MaxReasonLength = 400;

    /// <param name="leftOut">Why nothing is said of the host; null where something is.</param>
    /// <param name="everything">Also what is as it should be.</param>
    public static void WriteTable(TextWriter output, TableStyle style, CheckIntent intent, IReadOnlyCollection<CheckFinding> findings, string? leftOut, bool everything)
    {
        var table = new TextTable("WHERE", "PRACTICE", "VERDICT", "WHY", "WHAT TO DO");
        foreach (var finding in findings.Where(f => everything || !f.IsExpected))
        {
            table.AddRow(
                (finding.Name.Length == 0 ? Word(finding.Place) : $"{Word(finding.Place)} {finding.Name}", CellTone.Plain),
                (finding.Practice.Length == 0 ? "-" : finding.Practice, CellTone.Plain),
                (finding.Verdict == Verdict.Unspecified ? "not asked" : Words.Of(finding.Verdict), finding.IsExpected ? CellTone.Good : TableReport.Tone(finding.Verdict)),
                (TerminalText.Escape(finding.Reason, MaxReasonLength), CellTone.Plain),
                (finding.Fix.Length == 0 ? "-" : finding.Fix, CellTone.Plain));
        }

        if (!table.IsEmpty)
        {
            table.WriteTo(output, style);
        }

        if (leftOut is not null)
        {
            output.WriteLine($"host left out: {leftOut}");
        }

        output.WriteLine($"{findings.Count(static f => f.IsExpected)} of {findings.Count} are as expected (--intent {Word(intent)})");
    }

    public static void WriteJson(TextWriter output, string command, int exitCode, CheckIntent intent, IReadOnlyCollection<CheckFinding> findings, string? leftOut) =>
        JsonReport.WriteObject(output, command, exitCode, json =>
        {
            json.WriteString("intent", Word(intent));
            json.WriteString("host_left_out", leftOut);
            json.WriteArray("findings", findings, finding => Write(json, finding));
        });

    private static void Write(Utf8JsonWriter json, CheckFinding finding)
    {
        json.WriteStartObject();
        json.WriteString("place", Word(finding.Place));
        json.WriteText("name", finding.Name);
        json.WriteText("practice", finding.Practice);
        json.WriteString("verdict", finding.Verdict == Verdict.Unspecified ? null : Words.Of(finding.Verdict));
        json.WriteBoolean("ok", finding.IsExpected);
        json.WriteText("reason", finding.Reason);
        json.WriteText("fix", finding.Fix);
        PracticeJson.WriteFacts(json, finding.Evidence);
        json.WriteEndObject();
    }

    private static string Word(CheckIntent intent) => intent == CheckIntent.Dedicated ? "dedicated" : "overcommit";

    private static string Word(CheckPlace place) => place switch
    {
        CheckPlace.Host => "host",
        CheckPlace.Domain => "domain",
        _ => "guest",
    };
}
