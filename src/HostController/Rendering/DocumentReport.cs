using System.Text.Json;
using GuestTune.Controller.MeasuredBoot.Documents;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.Rendering;

/// <summary>What became of documents that were verified offline.</summary>
internal static class DocumentReport
{
    public static void Write(TextWriter output, IReadOnlyList<VerifiedFile> files)
    {
        foreach (var file in files)
        {
            if (file.Verdict is not { } verdict)
            {
                continue;
            }

            var evidence = verdict.Document.Evidence;
            output.WriteLine(
                $"{Shown(file.Place)}: {(verdict.IsProven ? "proven" : "NOT proven")}: {Shown(evidence.Vm)}, boot {Shown(evidence.BootId)}, collected {evidence.CollectedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC by {Shown(verdict.Document.Controller)}");
            foreach (var kind in verdict.Verdict.Pcrs.GroupBy(static p => p.Kind).OrderBy(static g => g.Key))
            {
                output.WriteLine($"  event log {Word(kind.Key)}: PCR {string.Join(", ", kind.Select(static p => p.Pcr))}");
            }

            if (evidence.EventLog is null)
            {
                output.WriteLine($"  no event log: {Shown(evidence.EventLogProblem ?? "")}");
            }

            output.WriteLine($"  {DocumentVerdict.TakenOnTrust}");
        }
    }

    public static void WriteJson(TextWriter output, string command, int exitCode, IReadOnlyList<VerifiedFile> files) =>
        JsonReport.WriteObject(output, command, exitCode, json =>
        {
            json.WriteArray("documents", files, file => Write(json, file));
        });

    private static void Write(Utf8JsonWriter json, VerifiedFile file)
    {
        json.WriteStartObject();
        json.WriteString("file", file.Place);
        json.WriteBoolean("proven", file.Problems.Count == 0);
        json.WriteTexts("problems", file.Problems);
        if (file.Verdict is { Document.Evidence: var evidence } verdict)
        {
            json.WriteString("vm", evidence.Vm);
            json.WriteString("boot_id", evidence.BootId);
            json.WriteString("collected_at", evidence.CollectedAt.UtcDateTime);
            json.WriteString("controller", verdict.Document.Controller);
            json.WriteString("key_id", verdict.SignedBy);
            json.WriteString("bank", PcrBank.Find(evidence.Selection.Bank)?.Name ?? $"0x{(ushort)evidence.Selection.Bank:x4}");
            json.WriteStartObject("values");
            foreach (var value in evidence.Values.Where(v => v.Bank == evidence.Selection.Bank && evidence.Selection.Contains(v.Index)).DistinctBy(static v => v.Index))
            {
                json.WriteString($"{value.Index}", Convert.ToHexStringLower(value.Digest));
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static string Word(PcrEvidenceKind kind) => kind switch
    {
        PcrEvidenceKind.Proven => "agrees",
        PcrEvidenceKind.Untouched => "agrees, untouched",
        PcrEvidenceKind.NotCovered => "does not cover",
        PcrEvidenceKind.Mismatch => "does NOT agree",
        _ => "says nothing",
    };

    private static string Shown(string text) => TerminalText.Escape(text, 400);
}
