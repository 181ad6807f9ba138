using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GuestTune.Controller.MeasuredBoot.Enrolment;
using GuestTune.MeasuredBoot.Tpm;
using GuestTune.SoftwareTpms;

namespace GuestTune.HostController.Tests.MeasuredBoot;

public sealed class EndorsementCertificateTests : IDisposable
{
    private static readonly X500DistinguishedName Name = new("CN=a TPM");

    private readonly SoftwareTpm _tpm = new("sha256");
    private readonly ECDsa _issuer = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _tpm.Dispose();
        _issuer.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhyNotOf_CertificateOfTheKey_IsAccepted(bool isRsa)
    {
        var key = MakeKey(isRsa);

        Assert.Null(EndorsementCertificate.WhyNotOf(Certify(key), key.Bytes.ToArray()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhyNotOf_CertificateOfAnotherTpmsKey_IsRefused(bool isRsa)
    {
        using var other = new SoftwareTpm("sha256");

        Assert.Contains("for another key", EndorsementCertificate.WhyNotOf(Certify(MakeKey(isRsa, other)), MakeKey(isRsa).Bytes.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void WhyNotOf_CertificateOfAKeyOfAnotherKind_IsRefused() =>
        Assert.Contains("for another key", EndorsementCertificate.WhyNotOf(Certify(MakeKey(isRsa: true)), MakeKey(isRsa: false).Bytes.ToArray()), StringComparison.Ordinal);

    [Fact]
    public void WhyNotOf_Garbage_IsRefused() =>
        Assert.Contains("cannot be read", EndorsementCertificate.WhyNotOf([1, 2, 3], MakeKey(isRsa: false).Bytes.ToArray()), StringComparison.Ordinal);

    private TpmPublic MakeKey(bool isRsa, SoftwareTpm? tpm = null) =>
        new TpmClient(tpm ?? _tpm).CreatePrimary(TpmHandle.Endorsement, isRsa ? TpmTemplates.RsaEndorsementKey() : TpmTemplates.EccEndorsementKey()).Public;

    private byte[] Certify(TpmPublic key)
    {
        using var rsa = key.Type == TpmAlgorithm.Rsa ? RSA.Create(key.ToRsaParameters()) : null;
        using var ecdsa = rsa is null ? ECDsa.Create(key.ToEcParameters()) : null;
        var request = rsa is not null
            ? new CertificateRequest(Name, new PublicKey(rsa), HashAlgorithmName.SHA256)
            : new CertificateRequest(Name, new PublicKey(ecdsa!), HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.Create(Name, X509SignatureGenerator.CreateForECDsa(_issuer), now, now.AddDays(1), [1]);
        return certificate.RawData;
    }
}
