using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
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
            WriteText(json, "event_log", baseline.EventLog.IsEmpty ? null : baseline.EventLog.ToBase64());
            WriteText(json, "event_log_problem", baseline.EventLogProblem);
            json.WriteStartArray("predicted");
            foreach (var start in baseline.Predicted)
            {
                Write(json, start);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, PredictedStart start)
    {
        json.WriteStartObject();
        json.WriteString("operation_id", start.OperationId);
        json.WriteString("what", start.What);
        WriteTime(json, "predicted_at", start.PredictedAt);
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
        WriteText(json, "problem", start.Problem);
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
        WriteText(json, "event_log_problem", saved.EventLogProblem);
        WriteTexts(json, "problems", saved.Problems);
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
        WriteTexts(json, "problems", check.Problems);
        WriteTexts(json, "notes", check.Notes);
        WriteTexts(json, "unpredicted", check.Unpredicted);
        json.WriteStartArray("pcrs");
        foreach (var pcr in check.Pcrs)
        {
            Write(json, pcr);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, BootDocument document)
    {
        json.WriteStartObject("document");
        json.WriteBoolean("proven", document.IsProven);
        WriteTexts(json, "problems", document.Problems);
        json.WriteNumber("size_bytes", document.Content.Length);
        json.WriteEndObject();
    }

    private static void WriteInfo(Utf8JsonWriter json, BaselineInfo info)
    {
        json.WriteString("scope", info.Scope switch { BaselineScope.Vm => "vm", BaselineScope.Name => "name", _ => "unknown" });
        json.WriteString("name", info.Name);
        json.WriteString("vm", info.Vm);
        json.WriteString("boot_id", info.BootId);
        WriteTime(json, "collected_at", info.CollectedAt);
        WriteTime(json, "saved_at", info.SavedAt);
        json.WriteBoolean("proven", info.IsProven);
    }

    private static void Write(Utf8JsonWriter json, PcrCheck pcr)
    {
        json.WriteStartObject();
        json.WriteNumber("pcr", pcr.Pcr);
        json.WriteBoolean("equal", BootFindings.IsEqual(pcr));
        WriteText(json, "before", pcr.HasBefore ? BootFindings.Hex(pcr.Before) : null);
        WriteText(json, "after", pcr.HasAfter ? BootFindings.Hex(pcr.After) : null);
        json.WriteString("before_log", Word(pcr.BeforeLog));
        json.WriteString("after_log", Word(pcr.AfterLog));
        json.WriteStartArray("events");
        foreach (var change in pcr.Events)
        {
            json.WriteStartObject();
            Write(json, "before", change.Before);
            Write(json, "after", change.After);
            WriteTexts(json, "tokens", change.Tokens);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("events_left_out", pcr.EventsLeftOut);
        WriteTexts(json, "notes", pcr.Notes);
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
        WriteText(json, "text", entry.HasText ? entry.Text : null);
        WriteText(json, "unmeasured_label", entry.Label);
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

    private static void WriteTime(Utf8JsonWriter json, string name, Timestamp? time) => WriteText(json, name, Timestamps.Format(time, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, text);
        }
    }
}
