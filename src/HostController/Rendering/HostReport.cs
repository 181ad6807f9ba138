using Grpc.Core;
using GuestTune.Agent.V1;
using GuestTune.Controller.V1;

namespace GuestTune.Controller.Rendering;

/// <summary>Writes what the host has of its practices.</summary>
internal static class HostReport
{
    private const string Name = "host";

    /// <summary>One row for each practice, with the reason: one machine has room for it.</summary>
    public static void WriteStatus(TextWriter output, TableStyle style, ObserveResponse answer, bool explain)
    {
        if (explain)
        {
            WriteEvidence(output, style, answer);
            return;
        }

        var table = new TextTable("PRACTICE", "VERDICT", "WHY");
        foreach (var observation in answer.Observations)
        {
            table.AddRow((observation.Practice, CellTone.Plain), (Words.Of(observation.Verdict), TableReport.Tone(observation.Verdict)), (observation.Reason, CellTone.Plain));
        }

        table.WriteTo(output, style);
    }

    public static void WriteEvidence(TextWriter output, TableStyle style, ObserveResponse answer)
    {
        foreach (var observation in answer.Observations)
        {
            TableReport.WriteObservation(output, style, Name, observation);
        }
    }

    /// <param name="users">Null where they are not known.</param>
    public static void WriteUsers(TextWriter output, TableStyle style, string command, int exitCode, ListLibvirtUsersResponse? users, Status? error, bool asJson)
    {
        if (!asJson)
        {
            var table = new TextTable("USER", "DATABASE");
            foreach (var user in users?.Users ?? [])
            {
                table.AddRow(user, users!.Database);
            }

            if (!table.IsEmpty)
            {
                table.WriteTo(output, style);
            }

            return;
        }

        JsonReport.WriteObject(
            output,
            command,
            exitCode,
            json =>
            {
                json.WriteString("database", users?.Database);
                json.WriteTexts("users", users?.Users ?? []);
            },
            error);
    }
}
