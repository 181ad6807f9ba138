using System.Security.Cryptography;
using System.Text;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.Attestation;

/// <summary>A secret that only the TPM with a given endorsement key can open, and only if it also holds a given attestation key.</summary>
/// <param name="Blob">TPMS_ID_OBJECT: integrity and encrypted secret, the content of a TPM2B_ID_OBJECT.</param>
/// <param name="EncryptedSeed">Content of a TPM2B_ENCRYPTED_SECRET.</param>
public sealed record Credential(byte[] Blob, byte[] EncryptedSeed)
{
    private const int BitsInByte = 8;
    private const string IdentityLabel = "IDENTITY";

    /// <summary>TPM2_MakeCredential in software (TPM 2.0 Library part 1, 24 and annexes B.10.4 and C.6.4).</summary>
    /// <exception cref="TpmFormatException">The endorsement key is not a storage key of a kind that is known here.</exception>
    public static Credential Make(TpmPublic endorsementKey, ReadOnlySpan<byte> attestationKeyName, ReadOnlySpan<byte> secret)
    {
        ArgumentNullException.ThrowIfNull(endorsementKey);
        if ((endorsementKey.Attributes & (TpmKeyAttributes.Restricted | TpmKeyAttributes.Decrypt)) != (TpmKeyAttributes.Restricted | TpmKeyAttributes.Decrypt)
            || endorsementKey.SymmetricKeyBits == 0)
        {
            throw new TpmFormatException("the endorsement key is not a restricted decryption key");
        }

        var hash = PcrBank.Find(endorsementKey.NameAlgorithm) is { CanHash: true } known ? known : throw new TpmFormatException("the endorsement key's name algorithm is not supported");
        var (seed, encryptedSeed) = MakeSeed(endorsementKey, hash);
        using var aes = Aes.Create();
        aes.Key = DeriveKey(hash, seed, "STORAGE", attestationKeyName, endorsementKey.SymmetricKeyBits);
        // CFB is a stream: what is encrypted of the padding is cut off again.
        var plain = new TpmWriter().Sized(secret).Written;
        var encrypted = aes.EncryptCfb(plain, new byte[aes.BlockSize / BitsInByte], PaddingMode.Zeros, feedbackSizeInBits: aes.BlockSize)[..plain.Length];
        var hmacKey = DeriveKey(hash, seed, "INTEGRITY", [], hash.DigestSizeBytes * BitsInByte);
        var integrity = CryptographicOperations.HmacData(hash.HashName, hmacKey, new TpmWriter().Bytes(encrypted).Bytes(attestationKeyName).Written);
        return new Credential(new TpmWriter().Sized(integrity).Bytes(encrypted).ToArray(), encryptedSeed);
    }

    private static (byte[] Seed, byte[] Encrypted) MakeSeed(TpmPublic key, PcrBank hash)
    {
        try
        {
            return key.Type == TpmAlgorithm.Ecc ? MakeEccSeed(key, hash) : MakeRsaSeed(key, hash);
        }
        catch (CryptographicException e)
        {
            throw new TpmFormatException("the endorsement key is not a valid key: " + e.Message);
        }
    }

    private static (byte[] Seed, byte[] Encrypted) MakeRsaSeed(TpmPublic key, PcrBank hash)
    {
        // .NET's OAEP has no label, which TPM 2.0 wants to be "IDENTITY" with its NUL.
        var seed = RandomNumberGenerator.GetBytes(hash.DigestSizeBytes);
        return (seed, OaepWithLabel.Encrypt(key.ToRsaParameters(), hash, Encoding.ASCII.GetBytes(IdentityLabel + "\0"), seed));
    }

    private static (byte[] Seed, byte[] Encrypted) MakeEccSeed(TpmPublic key, PcrBank hash)
    {
        var parameters = key.ToEcParameters();
        using var theirs = ECDiffieHellman.Create(parameters);
        using var ours = ECDiffieHellman.Create(parameters.Curve);
        var point = ours.ExportParameters(includePrivateParameters: false).Q;
        var shared = ours.DeriveRawSecretAgreement(theirs.PublicKey);

        // KDFe (part 1, 11.4.10.3): one round gives as many bits as are needed.
        var seed = hash.Hash(new TpmWriter().UInt32(1).Bytes(shared).Bytes(Encoding.ASCII.GetBytes(IdentityLabel)).UInt8(0).Bytes(point.X).Bytes(key.Point.X).Written);
        return (seed, new TpmWriter().Sized(point.X).Sized(point.Y).ToArray());
    }

    /// <summary>KDFa (part 1, 11.4.10.2): NIST SP 800-108 in counter mode with HMAC.</summary>
    private static byte[] DeriveKey(PcrBank hash, byte[] key, string label, ReadOnlySpan<byte> context, int bits) =>
        SP800108HmacCounterKdf.DeriveBytes(key, hash.HashName, Encoding.ASCII.GetBytes(label), context, bits / BitsInByte);
}
