using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Enrolment;

/// <summary>
/// The certificate that a vTPM's maker gave its endorsement key. Whether its issuer is to be trusted is not decided here: on one host
/// that is swtpm's own CA, which the host's administrator runs.
/// </summary>
internal static class EndorsementCertificate
{
    /// <returns>Why the certificate is not that of the key; null where it is.</returns>
    public static string? WhyNotOf(byte[] certificate, byte[] endorsementKey)
    {
        try
        {
            var key = TpmPublic.Parse(endorsementKey);
            using var parsed = X509CertificateLoader.LoadCertificate(certificate);
            using var rsa = parsed.GetRSAPublicKey();
            using var ecdh = parsed.GetECDiffieHellmanPublicKey();
            var matches = key.Type == TpmAlgorithm.Rsa ? IsOf(rsa, key) : IsOf(ecdh, key);
            return matches ? null : "the endorsement certificate is for another key than the endorsement key that the guest shows";
        }
        catch (CryptographicException e)
        {
            return $"the endorsement certificate cannot be read: {e.Message}";
        }
        catch (TpmFormatException e)
        {
            return $"the endorsement key is none: {e.Message}";
        }
    }

    private static bool IsOf(RSA? certified, TpmPublic key) =>
        certified is not null && certified.ExportParameters(includePrivateParameters: false).Modulus.AsSpan().SequenceEqual(key.Modulus);

    private static bool IsOf(ECDiffieHellman? certified, TpmPublic key) =>
        certified is not null && certified.ExportParameters(includePrivateParameters: false).Q is var point
        && point.X.AsSpan().SequenceEqual(key.Point.X) && point.Y.AsSpan().SequenceEqual(key.Point.Y);
}
