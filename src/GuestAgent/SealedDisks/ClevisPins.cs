using System.Buffers.Text;
using System.Text.Json;

namespace GuestTune.Agent.SealedDisks;

/// <summary>
/// Reads the protected header of clevis' JWE, which says how its key is had: by the TPM (pin tpm2), or by several ways of
/// which some are enough (pin sss). Of a key that can be had without any PCR, none matters.
/// </summary>
internal static class ClevisPins
{
    /// <summary>A way within a way within a way is more than anybody sets up.</summary>
    private const int MaximumDepth = 4;

    /// <returns>Null where no PCR is needed.</returns>
    public static TpmSeal? Read(int number, JsonElement token)
    {
        if (!token.TryGetProperty("jwe", out var jwe) || jwe.ValueKind != JsonValueKind.Object
            || !jwe.TryGetProperty("protected", out var header) || header.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        return ReadHeader(header.GetString(), 0) is { Count: > 0 } pcrs ? new TpmSeal(LuksTokens.Clevis, number, [.. pcrs]) : null;
    }

    /// <returns>The PCRs without which the key cannot be had; empty where there are none, or nothing can be made of the header.</returns>
    private static SortedSet<int> ReadHeader(string? encoded, int depth)
    {
        var pcrs = new SortedSet<int>();
        if (encoded is null || depth == MaximumDepth || !Base64Url.IsValid(encoded))
        {
            return pcrs;
        }

        try
        {
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(encoded));
            if (TryGetObject(header.RootElement, "clevis", out var clevis))
            {
                if (TryGetObject(clevis, "tpm2", out var tpm))
                {
                    PcrNumbers.AddTo(pcrs, tpm, "pcr_ids");
                }
                else if (TryGetObject(clevis, "sss", out var shares))
                {
                    ReadShares(shares, depth, pcrs);
                }
            }
        }
        catch (JsonException)
        {
            // Not clevis' own, whatever it is.
        }

        return pcrs;
    }

    /// <summary>"t" of the shares in "jwe" are enough; each is a compact JWE, whose first part is its protected header.</summary>
    private static void ReadShares(JsonElement shares, int depth, SortedSet<int> pcrs)
    {
        if (!shares.TryGetProperty("jwe", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        var free = 0;
        foreach (var share in list.EnumerateArray())
        {
            var compact = share.ValueKind == JsonValueKind.String ? share.GetString() : null;
            var needed = ReadHeader(compact?.Split('.', 2)[0], depth + 1);
            free += needed.Count == 0 ? 1 : 0;
            pcrs.UnionWith(needed);
        }

        if (shares.TryGetProperty("t", out var threshold) && threshold.TryGetInt32(out var enough) && free >= enough)
        {
            pcrs.Clear();
        }
    }

    private static bool TryGetObject(JsonElement owner, string name, out JsonElement value)
    {
        value = default;
        return owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out value) && value.ValueKind == JsonValueKind.Object;
    }
}
