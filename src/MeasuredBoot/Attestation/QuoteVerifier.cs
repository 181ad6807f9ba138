using System.Security.Cryptography;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.Attestation;

/// <summary>Decides whether register values are proven by a quote. Whatever is wrong is named; nothing less than everything right is a proof.</summary>
public static class QuoteVerifier
{
    /// <summary>Attributes that a key which signs quotes must have: it was made in the TPM, cannot leave it, and signs nothing that merely looks like a quote.</summary>
    public const TpmKeyAttributes RequiredAttributes =
        TpmKeyAttributes.FixedTpm | TpmKeyAttributes.FixedParent | TpmKeyAttributes.SensitiveDataOrigin | TpmKeyAttributes.Restricted | TpmKeyAttributes.Sign;

    /// <param name="key">The attestation key, already tied to the TPM by a credential, or pinned.</param>
    /// <param name="nonce">As it was sent to the guest.</param>
    /// <param name="expected">What was asked for: one bank, at least one register.</param>
    /// <param name="values">As the guest sent them.</param>
    /// <returns>The statement, and every reason not to believe it; none: it is proven.</returns>
    public static QuoteVerdict Verify(
        TpmPublic key, ReadOnlySpan<byte> attest, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> nonce, PcrSelection expected, IReadOnlyList<PcrValue> values)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(values);
        QuoteStatement statement;
        TpmSignature parsed;
        try
        {
            statement = QuoteStatement.Parse(attest);
            parsed = TpmSignature.Parse(signature);
        }
        catch (TpmFormatException e)
        {
            return new QuoteVerdict(null, [e.Message]);
        }

        var problems = new List<string>();
        if ((key.Attributes & RequiredAttributes) != RequiredAttributes || key.Attributes.HasFlag(TpmKeyAttributes.Decrypt))
        {
            problems.Add("the key that signed is not a restricted signing key of a TPM: it may sign anything");
        }

        if (!parsed.Verifies(key, attest))
        {
            problems.Add("the signature is not that of the attestation key over this statement");
        }

        if (!CryptographicOperations.FixedTimeEquals(statement.Nonce, nonce))
        {
            problems.Add("the quote answers another nonce: it was made for somebody else, or before");
        }

        CheckSelection(statement, expected, problems);
        CheckDigest(statement, parsed.Hash, expected, values, problems);
        return new QuoteVerdict(statement, problems);
    }

    private static void CheckSelection(QuoteStatement statement, PcrSelection expected, List<string> problems)
    {
        // A quote over nothing verifies with any values.
        if (expected.Mask == 0)
        {
            problems.Add("no register was asked for: that proves nothing");
        }

        var quoted = statement.Selections.Where(static s => s.Mask != 0).ToArray();
        if (quoted is not [var only] || only != expected)
        {
            problems.Add("the quote is over other registers than those that were asked for");
        }
    }

    private static void CheckDigest(QuoteStatement statement, PcrBank hash, PcrSelection expected, IReadOnlyList<PcrValue> values, List<string> problems)
    {
        var bank = PcrBank.Find(expected.Bank);
        using var all = IncrementalHash.CreateHash(hash.HashName);
        foreach (var index in expected.Indices)
        {
            var matching = values.Where(v => v.Bank == expected.Bank && v.Index == index).ToArray();
            if (matching is not [var value] || bank is null || value.Digest.Length != bank.DigestSizeBytes)
            {
                problems.Add($"the value of PCR {index} is missing, there more than once, or of the wrong size");
                return;
            }

            all.AppendData(value.Digest);
        }

        if (!CryptographicOperations.FixedTimeEquals(all.GetHashAndReset(), statement.PcrDigest))
        {
            problems.Add("the values are not those that the TPM has signed");
        }
    }
}
