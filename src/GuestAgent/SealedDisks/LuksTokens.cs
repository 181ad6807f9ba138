using System.Text.Json;
using GuestTune.Practices.Files;

namespace GuestTune.Agent.SealedDisks;

/// <summary>Reads out of a LUKS2 header's JSON which tokens ask a TPM for a key, and for which PCRs.</summary>
internal sealed class LuksTokens(RootedFileSystem files)
{
    public const string Systemd = "systemd-cryptenroll";
    public const string Clevis = "clevis";

    private const int MaximumPcrlockSizeBytes = 256 * 1024;

    /// <summary>Where systemd-pcrlock keeps the policy that its tokens only point to; the first that is there counts.</summary>
    private static readonly string[] PcrlockPolicies = ["/run/systemd/pcrlock.json", "/var/lib/systemd/pcrlock.json"];

    /// <exception cref="JsonException">This is no JSON of a LUKS2 header.</exception>
    public IReadOnlyList<TpmSeal> Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        var seals = new List<TpmSeal>();
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("its metadata is not an object");
        }

        if (!document.RootElement.TryGetProperty("tokens", out var tokens) || tokens.ValueKind != JsonValueKind.Object)
        {
            return seals;
        }

        foreach (var token in tokens.EnumerateObject())
        {
            if (token.Value.ValueKind == JsonValueKind.Object && int.TryParse(token.Name, out var number)
                && token.Value.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String)
            {
                var seal = type.ValueEquals("systemd-tpm2") ? ReadSystemd(number, token.Value)
                    : type.ValueEquals("clevis") ? ClevisPins.Read(number, token.Value)
                    : null;
                if (seal is not null)
                {
                    seals.Add(seal);
                }
            }
        }

        return seals;
    }

    /// <summary>tpm2_make_luks2_json of systemd's src/shared/tpm2-util.c.</summary>
    private TpmSeal ReadSystemd(int number, JsonElement token)
    {
        var pcrs = new SortedSet<int>();
        PcrNumbers.AddTo(pcrs, token, "tpm2-pcrs");

        // Signed policies: a value that no signature foresees locks as well.
        PcrNumbers.AddTo(pcrs, token, "tpm2_pubkey_pcrs");
        if (!token.TryGetProperty("tpm2_pcrlock", out var pcrlock) || pcrlock.ValueKind != JsonValueKind.True)
        {
            return new TpmSeal(Systemd, number, [.. pcrs]);
        }

        var path = Array.Find(PcrlockPolicies, files.FileExists) ?? PcrlockPolicies[^1];
        return TryReadPcrlock(path, pcrs)
            ? new TpmSeal(Systemd, number, [.. pcrs], $"by the policy in {path}")
            : new TpmSeal(Systemd, number, null, $"by a systemd-pcrlock policy, and {path}, which has its PCRs, cannot be read");
    }

    private bool TryReadPcrlock(string path, SortedSet<int> pcrs)
    {
        if (files.ReadText(path, MaximumPcrlockSizeBytes).Text is not { } text)
        {
            return false;
        }

        try
        {
            using var policy = JsonDocument.Parse(text);
            if (policy.RootElement.ValueKind != JsonValueKind.Object
                || !policy.RootElement.TryGetProperty("pcrValues", out var values) || values.ValueKind != JsonValueKind.Array)
            {
                return false;
            }

            foreach (var value in values.EnumerateArray())
            {
                if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("pcr", out var pcr) && pcr.TryGetInt32(out var index))
                {
                    pcrs.Add(index);
                }
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
