using GuestTune.Agent.V1;

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
}
