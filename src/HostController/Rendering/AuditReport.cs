using GuestTune.Controller.Store;

namespace GuestTune.Controller.Rendering;

/// <summary>Rows of the audit, for people and as JSON.</summary>
internal static class AuditReport
{
    private const string TimeFormat = "yyyy-MM-dd HH:mm:ss";

    /// <param name="path">Of the database, where there is nothing to show.</param>
    public static void Write(TextWriter output, TableStyle style, IReadOnlyList<AuditRecord> rows, string path)
    {
        if (rows.Count == 0)
        {
            output.WriteLine($"no such row in the audit, {path}");
            return;
        }

        var table = new TextTable("WHEN (UTC)", "WHO", "FROM", "ACTION", "TARGET", "OUTCOME");
        foreach (var row in rows)
        {
            table.AddRow(row.At.UtcDateTime.ToString(TimeFormat), row.Caller, row.Origin, row.Action, row.Target, row.Outcome);
        }

        table.WriteTo(output, style);
    }

    public static void WriteJson(TextWriter output, string command, int exitCode, IReadOnlyList<AuditRecord> rows) => JsonReport.WriteObject(output, command, exitCode, json =>
    {
        json.WriteObjects("audit", rows, row =>
        {
            json.WriteString("at", row.At.UtcDateTime);
            json.WriteString("caller", row.Caller);
            json.WriteString("origin", row.Origin);
            json.WriteString("action", row.Action);
            json.WriteString("target", row.Target);
            json.WriteString("outcome", row.Outcome);
        });
    });
}
