using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.Controller.V1;
using GuestTune.MeasuredBoot.Tpm;
using AgentApi = GuestTune.Agent.V1;

namespace GuestTune.Controller.Rendering;

/// <summary>Registers and evidence in the program's JSON schema.</summary>
internal static class EvidenceJson
{
    public static void WriteValues(Utf8JsonWriter json, AgentApi.ReadPcrsResponse answer)
    {
        json.WriteStartObject("pcrs");
        json.WriteBoolean("authenticated", false);
        json.WriteString("boot_id", answer.BootId);
        json.WriteString("source", answer.Source);
        json.WriteText("device_problem", answer.DeviceProblem);
        WriteBanks(json, answer.Banks);
        json.WriteEndObject();
    }

    public static void WriteEvidence(Utf8JsonWriter json, EvidenceResult result)
    {
        var (evidence, judgement) = (result.Evidence, result.Judgement);
        json.WriteStartObject("evidence");
        json.WriteBoolean("proven", judgement.Proven);
        json.WriteString("key", Words.Of(judgement.Key));
        json.WriteTexts("problems", judgement.Problems);
        json.WriteTime("collected_at", evidence.CollectedAt);
        json.WriteString("boot_id", evidence.BootId);
        json.WriteString("source", evidence.Source);
        WriteClock(json, judgement.Clock);
        WriteBanks(json, evidence.Banks);
        WritePcrs(json, judgement);
        WriteQuote(json, evidence);
        json.WriteText("event_log_problem", evidence.EventLogProblem);
        WriteEvents(json, result);
        json.WriteEndObject();
    }

    private static void WriteBanks(Utf8JsonWriter json, IEnumerable<AgentApi.PcrBankValues> banks)
    {
        json.WriteStartObject("banks");
        foreach (var bank in banks)
        {
            json.WriteStartObject(PcrBank.Find((TpmAlgorithm)bank.Algorithm)!.Name);
            foreach (var value in GuestAnswer.Values(bank))
            {
                json.WriteString(value.Index.ToString(CultureInfo.InvariantCulture), Convert.ToHexStringLower(value.Digest));
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteClock(Utf8JsonWriter json, TpmClock? clock)
    {
        if (clock is null)
        {
            json.WriteNull("clock");
            return;
        }

        json.WriteStartObject("clock");
        json.WriteNumber("reset_count", clock.ResetCount);
        json.WriteNumber("restart_count", clock.RestartCount);
        json.WriteNumber("clock_ms", clock.ClockMs);
        json.WriteBoolean("is_safe", clock.IsSafe);
        json.WriteEndObject();
    }

    private static void WritePcrs(Utf8JsonWriter json, EvidenceJudgement judgement)
    {
        json.WriteObjects("log_agreement", judgement.Pcrs, pcr =>
        {
            json.WriteNumber("pcr", pcr.Pcr);
            json.WriteString("log", Words.Of(pcr.Log));
            if (pcr.HasSuspectEvent)
            {
                json.WriteNumber("suspect_event", pcr.SuspectEvent);
            }
            else
            {
                json.WriteNull("suspect_event");
            }

            json.WriteText("reason", pcr.Reason);
        });
    }

    private static void WriteQuote(Utf8JsonWriter json, CollectedEvidence evidence)
    {
        json.WriteStartObject("quote");
        WriteBytes(json, "nonce", evidence.Nonce);
        WriteBytes(json, "attest", evidence.Attest);
        WriteBytes(json, "signature", evidence.Signature);
        WriteBytes(json, "attestation_key", evidence.AttestationKey);
        WriteBytes(json, "endorsement_key", evidence.EndorsementKey);
        WriteBytes(json, "endorsement_certificate", evidence.EndorsementCertificate);
        json.WriteEndObject();
    }

    private static void WriteEvents(Utf8JsonWriter json, EvidenceResult result)
    {
        json.WriteStartArray("events");
        foreach (var line in BootStory.Of(result))
        {
            var entry = line.Story.Event;
            json.WriteStartObject();
            json.WriteNumber("event", entry.Number);
            json.WriteNumber("pcr", entry.Pcr);
            json.WriteString("type", entry.TypeName);
            json.WriteString("proof", Words.Of(line.Proof));
            json.WriteString("what", line.Story.Text);
            json.WriteStartObject("digests");
            foreach (var bank in entry.Banks)
            {
                json.WriteString(bank.Name, Convert.ToHexStringLower(entry.DigestOf(bank).Span));
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteBytes(Utf8JsonWriter json, string name, ByteString bytes)
    {
        if (bytes.IsEmpty)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteBase64String(name, bytes.Span);
        }
    }
}
