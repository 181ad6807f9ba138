using GuestTune.MeasuredBoot.Attestation;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.Practices;

namespace GuestTune.Agent.MeasuredBoot;

/// <summary>What the TPM proves: its keys, that they belong together, and quotes. Every key is made for one call and flushed after it.</summary>
internal sealed class GuestAttestation(GuestTpm tpm, PcrMemory memory)
{
    /// <summary>A register may be extended while it is quoted; then all is done again.</summary>
    private const int QuoteAttempts = 5;

    /// <exception cref="PracticeException">The TPM cannot be used.</exception>
    public Task<TpmKeys> GetKeysAsync(CancellationToken cancellationToken) => tpm.AskAsync(
        static (client, _) =>
        {
            var (endorsementKey, certificate) = EndorsementKeys.Find(client);
            return new TpmKeys(
                With(client, TpmTemplates.AttestationKey(), static (_, key) => key),
                With(client, endorsementKey, static (_, key) => key),
                certificate,
                client.ReadManufacturer());
        },
        cancellationToken);

    /// <exception cref="PracticeException">The TPM cannot be used, or it was not made for these keys.</exception>
    public Task<byte[]> ActivateAsync(byte[] credential, byte[] encryptedSeed, TpmAlgorithm endorsementKeyType, CancellationToken cancellationToken) => tpm.AskAsync(
        (client, _) => With(
            client,
            TpmTemplates.AttestationKey(),
            (attestationKey, _) => With(
                client,
                EndorsementKeys.TemplateFor(endorsementKeyType, encryptedSeed),
                (endorsementKey, key) => client.ActivateCredential(attestationKey, endorsementKey, key.Attributes, credential, encryptedSeed))),
        cancellationToken);

    /// <exception cref="PracticeException">The TPM cannot be used, or does not have the registers.</exception>
    public Task<QuoteReading> QuoteAsync(byte[] nonce, PcrSelection selection, CancellationToken cancellationToken) => tpm.AskAsync(
        (client, path) => Quote(client, path, nonce, selection),
        cancellationToken);

    private QuoteReading Quote(TpmClient client, string path, byte[] nonce, PcrSelection selection)
    {
        // Held against a second reading, and not against the quote's digest: .NET's hashes need OpenSSL, which a guest need not have.
        // Not read while the key is loaded: the kernel would put it aside for each command, and back again.
        var before = memory.Recall(client, path, [selection])?.Values ?? Read(client, path, selection);
        for (var attempt = 1; attempt <= QuoteAttempts; attempt++)
        {
            var (key, attest, signature) = With(client, TpmTemplates.AttestationKey(), (handle, key) =>
            {
                var (attest, signature) = client.Quote(handle, nonce, selection);
                return (key, attest, signature);
            });
            var after = Read(client, path, selection);
            if (before.Count == after.Count && before.Zip(after).All(static pair => pair.First.Digest.AsSpan().SequenceEqual(pair.Second.Digest)))
            {
                return new QuoteReading(path, key, attest, signature, after);
            }

            before = after;
        }

        throw PracticeException.Precondition("the registers change faster than they can be quoted: something keeps extending them");
    }

    private IReadOnlyList<PcrValue> Read(TpmClient client, string path, PcrSelection selection)
    {
        var values = memory.Read(client, path, [selection]).Values;
        if (values.Count == selection.Count)
        {
            return values;
        }

        var there = string.Join(", ", client.ReadAllocation().Where(static b => b.Mask != 0).Select(static b => PcrBank.Find(b.Bank)?.Name ?? $"0x{(ushort)b.Bank:x4}"));
        throw PracticeException.Precondition(
            $"the TPM has not all of these registers in bank {PcrBank.Find(selection.Bank)?.Name ?? "of that kind"}; its banks: {(there.Length == 0 ? "none" : there)}");
    }

    private static T With<T>(TpmClient client, byte[] template, Func<uint, TpmPublic, T> use)
    {
        var (handle, key) = client.CreatePrimary(TpmHandle.Endorsement, template);
        try
        {
            return use(handle, key);
        }
        finally
        {
            client.Flush(handle);
        }
    }
}
