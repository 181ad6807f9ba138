using System.Buffers.Binary;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.MeasuredBoot.Attestation;

/// <summary>
/// The endorsement keys that makers of TPMs certify, each made again from its template (TCG EK Credential Profile 2.5, B.3 and B.4).
/// swtpm_setup certifies two: RSA 2048 and, from version 0.3 on, ECC P-384.
/// </summary>
public static class EndorsementKeys
{
    private const int P256SizeBytes = 32;

    private static readonly (uint Certificate, Func<byte[]> Template)[] Certified =
    [
        (TpmHandle.RsaEkCertificate, TpmTemplates.RsaEndorsementKey),
        (TpmHandle.EccEkCertificate, TpmTemplates.EccEndorsementKey),
        (TpmHandle.EccP384EkCertificate, TpmTemplates.EccP384EndorsementKey),
    ];

    /// <returns>Of the first key that has a certificate, since that says more; else, without a certificate, of the one that is made in a fraction of the time.</returns>
    /// <exception cref="IOException">No answer, or a <see cref="TpmException"/>.</exception>
    public static (byte[] Template, byte[]? Certificate) Find(TpmClient tpm)
    {
        ArgumentNullException.ThrowIfNull(tpm);
        foreach (var (index, template) in Certified)
        {
            if (tpm.ReadNv(index) is { } certificate)
            {
                return (template(), certificate);
            }
        }

        return (TpmTemplates.EccEndorsementKey(), null);
    }

    /// <summary>The key that a credential was made for: its seed is as long as the key, and a point on the key's curve where it has one.</summary>
    public static byte[] TemplateFor(TpmAlgorithm type, ReadOnlySpan<byte> encryptedSeed) =>
        type == TpmAlgorithm.Rsa ? TpmTemplates.RsaEndorsementKey()
        : BinaryPrimitives.TryReadUInt16BigEndian(encryptedSeed, out var coordinateSizeBytes) && coordinateSizeBytes > P256SizeBytes ? TpmTemplates.EccP384EndorsementKey()
        : TpmTemplates.EccEndorsementKey();
}
