using System.Text;
using System.Text.Json;

namespace GuestTune.Controller.MeasuredBoot.Documents;

/// <summary>
/// A payload with a signature over its exact bytes and its type: a DSSE envelope
/// (https://github.com/secure-systems-lab/dsse, protocol.md and envelope.md).
/// </summary>
internal sealed record SignedEnvelope(string PayloadType, byte[] Payload, string KeyId, byte[] Signature)
{
    /// <summary>Room for an event log of 4 MiB, as base64 within base64.</summary>
    public const int MaximumSizeBytes = 12 * 1024 * 1024;

    public static SignedEnvelope Sign(string payloadType, byte[] payload, ControllerKey key) => new(payloadType, payload, key.Public.Id, key.Sign(Encode(payloadType, payload)));

    public bool IsSignedBy(VerificationKey key) => key.Verifies(Encode(PayloadType, Payload), Signature);

    /// <summary>One line of JSON, without a line end.</summary>
    public byte[] ToBytes()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("payloadType", PayloadType);
            json.WriteBase64String("payload", Payload);
            json.WriteStartArray("signatures");
            json.WriteStartObject();
            json.WriteString("keyid", KeyId);
            json.WriteBase64String("sig", Signature);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <exception cref="DocumentException">It is no envelope with one signature.</exception>
    public static SignedEnvelope Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > MaximumSizeBytes)
        {
            throw new DocumentException($"it has {bytes.Length} bytes; a document has at most {MaximumSizeBytes}");
        }

        using var json = JsonObject.Parse(bytes);
        var root = new JsonObject(json.RootElement, "the document");
        var signatures = root.Objects("signatures", maximum: 1);
        return signatures is [var signature]
            ? new SignedEnvelope(root.Text("payloadType"), root.Bytes("payload"), signature.Text("keyid"), signature.Bytes("sig"))
            : throw new DocumentException("it has no signature");
    }

    /// <summary>PAE of DSSE: what is signed.</summary>
    private static byte[] Encode(string type, byte[] payload)
    {
        var typeSize = Encoding.UTF8.GetByteCount(type);
        return [.. Encoding.UTF8.GetBytes($"DSSEv1 {typeSize} {type} {payload.Length} "), .. payload];
    }
}
