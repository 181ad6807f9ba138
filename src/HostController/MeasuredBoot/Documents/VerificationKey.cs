using System.Security.Cryptography;

namespace GuestTune.Controller.MeasuredBoot.Documents;

/// <summary>The public half of a controller's key: what its documents are verified by.</summary>
internal sealed class VerificationKey
{
    /// <summary>RFC 5480, 2.1.1.1: other curves have 256 bits, too.</summary>
    private const string P256 = "1.2.840.10045.3.1.7";

    private VerificationKey(byte[] subjectPublicKeyInfo)
    {
        SubjectPublicKeyInfo = subjectPublicKeyInfo;
        Id = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(subjectPublicKeyInfo));
    }

    /// <summary>Hash of <see cref="SubjectPublicKeyInfo"/>; for people to compare.</summary>
    public string Id { get; }

    /// <summary>DER (RFC 5480).</summary>
    public byte[] SubjectPublicKeyInfo { get; }

    public static VerificationKey Of(ECDsa key) => new(key.ExportSubjectPublicKeyInfo());

    /// <param name="pem">A public key, or a private one, of whose public half is taken.</param>
    /// <exception cref="DocumentException">It is no ECDSA key on P-256.</exception>
    public static VerificationKey FromPem(string pem)
    {
        using var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new DocumentException("it is no PEM file of an ECDSA key", e);
        }

        return key.ExportParameters(includePrivateParameters: false).Curve is { IsNamed: true, Oid.Value: P256 } ? Of(key) : throw new DocumentException("it is no key on the curve P-256");
    }

    public string ToPem() => PemEncoding.WriteString("PUBLIC KEY", SubjectPublicKeyInfo) + "\n";

    public bool Verifies(byte[] data, byte[] signature)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(SubjectPublicKeyInfo, out _);
        return key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }
}
