using System.Text.Json;
using GuestTune.Controller.MeasuredBoot.Evidence;
using GuestTune.MeasuredBoot.EventLog;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Documents;

/// <summary>One VM's boot as it is kept in archives: everything that is needed to judge it again without the VM (docs/measured-boot.md).</summary>
internal sealed record EvidenceDocument(BootEvidence Evidence, RecordedVerdict Verdict, string Controller)
{
    public const string PayloadType = "application/vnd.guesttune.boot-evidence.v1+json";

    private const int MaximumBanks = 16;
    private const int MaximumProblems = 1000;
    private const int MaximumDigestBytes = 64;
    private const int MaximumAlgorithm = ushort.MaxValue;

    public byte[] ToBytes()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("vm", Evidence.Vm);
            json.WriteString("controller", Controller);
            json.WriteString("collected_at", Evidence.CollectedAt);
            json.WriteString("boot_id", Evidence.BootId);
            json.WriteBase64String("nonce", Evidence.Nonce);
            json.WriteStartObject("selection");
            json.WriteNumber("bank", (int)Evidence.Selection.Bank);
            json.WriteNumber("mask", Evidence.Selection.Mask);
            json.WriteEndObject();
            json.WriteString("values_source", Evidence.ValuesSource);
            json.WriteStartArray("values");
            foreach (var value in Evidence.Values)
            {
                json.WriteStartObject();
                json.WriteNumber("bank", (int)value.Bank);
                json.WriteNumber("pcr", value.Index);
                json.WriteBase64String("digest", value.Digest);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            WriteBytes(json, "attest", Evidence.Attest);
            WriteBytes(json, "signature", Evidence.Signature);
            WriteBytes(json, "attestation_key", Evidence.AttestationKey);
            WriteBytes(json, "endorsement_key", Evidence.EndorsementKey);
            WriteBytes(json, "endorsement_certificate", Evidence.EndorsementCertificate);
            WriteBytes(json, "event_log", Evidence.EventLog);
            json.WriteString("event_log_problem", Evidence.EventLogProblem);
            json.WriteStartObject("verdict");
            json.WriteBoolean("proven", Verdict.IsProven);
            json.WriteString("key", Word(Verdict.Key));
            json.WriteStartArray("problems");
            foreach (var problem in Verdict.Problems)
            {
                json.WriteStringValue(problem);
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <exception cref="DocumentException">The bytes are no such document.</exception>
    public static EvidenceDocument Parse(byte[] payload)
    {
        using var json = JsonObject.Parse(payload);
        var root = new JsonObject(json.RootElement, "the payload");
        var selection = root.Object("selection");
        var verdict = root.Object("verdict");
        return new EvidenceDocument(
            new BootEvidence
            {
                Vm = root.Text("vm"),
                CollectedAt = root.Time("collected_at"),
                BootId = root.Text("boot_id"),
                Nonce = root.Bytes("nonce"),
                Selection = new PcrSelection((TpmAlgorithm)selection.Number("bank", MaximumAlgorithm), (uint)selection.Number("mask", (int)PcrSelection.AllPcrs)),
                ValuesSource = root.Text("values_source"),
                Values = [.. root.Objects("values", MaximumBanks * PcrSelection.PcrCount).Select(Value)],
                Attest = root.BytesOrNull("attest"),
                Signature = root.BytesOrNull("signature"),
                AttestationKey = root.BytesOrNull("attestation_key"),
                EndorsementKey = root.BytesOrNull("endorsement_key"),
                EndorsementCertificate = root.BytesOrNull("endorsement_certificate"),
                EventLog = root.BytesOrNull("event_log") is { Length: > BootEventLog.MaximumSizeBytes }
                    ? throw new DocumentException($"its event log is larger than {BootEventLog.MaximumSizeBytes} bytes")
                    : root.BytesOrNull("event_log"),
                EventLogProblem = root.TextOrNull("event_log_problem"),
            },
            new RecordedVerdict(verdict.Flag("proven"), Trust(verdict.Text("key")), verdict.Texts("problems", MaximumProblems)),
            root.Text("controller"));
    }

    public static string Word(KeyTrust trust) => trust switch
    {
        KeyTrust.New => "new",
        KeyTrust.Pinned => "pinned",
        KeyTrust.Changed => "changed",
        _ => "not-activated",
    };

    private static KeyTrust Trust(string word) => Enum.GetValues<KeyTrust>() is var all && Array.FindIndex(all, t => Word(t) == word) is >= 0 and var index
        ? all[index]
        : throw new DocumentException("'key' of verdict is not new, pinned, changed or not-activated");

    private static PcrValue Value(JsonObject value) => new(
        (TpmAlgorithm)value.Number("bank", MaximumAlgorithm), value.Number("pcr", PcrSelection.PcrCount - 1), Digest(value.Bytes("digest")));

    private static byte[] Digest(byte[] bytes) => bytes.Length <= MaximumDigestBytes ? bytes : throw new DocumentException($"a value has {bytes.Length} bytes; no bank has more than {MaximumDigestBytes}");

    private static void WriteBytes(Utf8JsonWriter json, string name, byte[]? bytes)
    {
        if (bytes is null)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteBase64String(name, bytes);
        }
    }
}
