using System.Text.Json;
using GuestTune.Controller.V1;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.Rendering;

/// <summary>Baselines, and how boots compare with them, in the program's JSON schema.</summary>
internal static class BaselineJson
{
    public static void Write(Utf8JsonWriter json, BaselineEntry baseline)
    {
        json.WriteStartObject();
        WriteInfo(json, baseline.Info);
        if (baseline.Values.Count > 0)
        {
            json.WriteString("bank", BankName(baseline.Bank));
            WriteValues(json, baseline.Values);
            json.WriteText("event_log", baseline.EventLog.IsEmpty ? null : baseline.EventLog.ToBase64());
            json.WriteText("event_log_problem", baseline.EventLogProblem);
            json.WriteArray("predicted", baseline.Predicted, start => Write(json, start));
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, PredictedStart start)
    {
        json.WriteStartObject();
        json.WriteString("operation_id", start.OperationId);
        json.WriteString("what", start.What);
        json.WriteTime("predicted_at", start.PredictedAt);
        json.WriteNumber("after_reset", start.AfterReset);
        if (start.HasUntilReset)
        {
            json.WriteNumber("until_reset", start.UntilReset);
        }
        else
        {
            json.WriteNull("until_reset");
        }

        json.WriteString("state", Words.Of(start.State));
        json.WriteText("problem", start.Problem);
        WriteValues(json, start.Values);
        json.WriteEndObject();
    }

    private static void WriteValues(Utf8JsonWriter json, IEnumerable<BaselineValue> values)
    {
        json.WriteStartObject("values");
        foreach (var value in values)
        {
            json.WriteString($"{value.Pcr}", BootFindings.Hex(value.Digest));
        }

        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, BaselineSaved saved)
    {
        json.WriteStartObject("baseline");
        WriteInfo(json, saved.Info);
        json.WriteBoolean("replaced", saved.Replaced);
        json.WriteNumber("register_count", saved.RegisterCount);
        json.WriteText("event_log_problem", saved.EventLogProblem);
        json.WriteTexts("problems", saved.Problems);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, BootCheck check)
    {
        json.WriteStartObject("check");
        json.WriteString("reference", check.Reference);
        json.WriteBoolean("proven_equal", BootFindings.IsProvenEqual(check));
        json.WriteBoolean("equal", check.IsEqual);
        json.WriteBoolean("boot_proven", check.BootIsProven);
        json.WriteBoolean("reference_proven", check.ReferenceIsProven);
        json.WriteString("bank", BankName(check.Bank));
        json.WriteString("boot_id", check.BootId);
        json.WriteTexts("problems", check.Problems);
        json.WriteTexts("notes", check.Notes);
        json.WriteTexts("unpredicted", check.Unpredicted);
        json.WriteArray("pcrs", check.Pcrs, pcr => Write(json, pcr));
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, BootDocument document)
    {
        json.WriteStartObject("document");
        json.WriteBoolean("proven", document.IsProven);
        json.WriteTexts("problems", document.Problems);
        json.WriteNumber("size_bytes", document.Content.Length);
        json.WriteEndObject();
    }

    private static void WriteInfo(Utf8JsonWriter json, BaselineInfo info)
    {
        json.WriteString("scope", info.Scope switch { BaselineScope.Vm => "vm", BaselineScope.Name => "name", _ => "unknown" });
        json.WriteString("name", info.Name);
        json.WriteString("vm", info.Vm);
        json.WriteString("boot_id", info.BootId);
        json.WriteTime("collected_at", info.CollectedAt);
        json.WriteTime("saved_at", info.SavedAt);
        json.WriteBoolean("proven", info.IsProven);
    }

    private static void Write(Utf8JsonWriter json, PcrCheck pcr)
    {
        json.WriteStartObject();
        json.WriteNumber("pcr", pcr.Pcr);
        json.WriteBoolean("equal", BootFindings.IsEqual(pcr));
        json.WriteText("before", pcr.HasBefore ? BootFindings.Hex(pcr.Before) : null);
        json.WriteText("after", pcr.HasAfter ? BootFindings.Hex(pcr.After) : null);
        json.WriteString("before_log", Word(pcr.BeforeLog));
        json.WriteString("after_log", Word(pcr.AfterLog));
        json.WriteObjects("events", pcr.Events, change =>
        {
            Write(json, "before", change.Before);
            Write(json, "after", change.After);
            json.WriteTexts("tokens", change.Tokens);
        });
        json.WriteNumber("events_left_out", pcr.EventsLeftOut);
        json.WriteTexts("notes", pcr.Notes);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, MeasuredEvent? entry)
    {
        if (entry is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteNumber("number", entry.Number);
        json.WriteString("type", entry.Type);
        json.WriteString("digest", BootFindings.Hex(entry.Digest));
        json.WriteText("text", entry.HasText ? entry.Text : null);
        json.WriteText("unmeasured_label", entry.Label);
        json.WriteEndObject();
    }

    private static string BankName(uint bank) => PcrBank.Find((TpmAlgorithm)bank)?.Name ?? $"0x{bank:x4}";

    private static string Word(LogStanding standing) => standing switch
    {
        LogStanding.Proven => "proven",
        LogStanding.Untouched => "untouched",
        LogStanding.NotCovered => "not-covered",
        LogStanding.Mismatch => "mismatch",
        _ => "none",
    };
}
