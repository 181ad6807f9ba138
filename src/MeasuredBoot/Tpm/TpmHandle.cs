namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>Handles that every TPM has (TPM 2.0 Library part 2, 7.4; the NV indices: TCG EK Credential Profile 2.5, 2.2.1.4).</summary>
public static class TpmHandle
{
    public const uint Null = 0x40000007;
    public const uint Password = 0x40000009;
    public const uint Endorsement = 0x4000000B;

    /// <summary>Certificate of the RSA 2048 endorsement key.</summary>
    public const uint RsaEkCertificate = 0x01C00002;

    /// <summary>Certificate of the ECC P-256 endorsement key.</summary>
    public const uint EccEkCertificate = 0x01C0000A;

    /// <summary>Certificate of the ECC P-384 endorsement key.</summary>
    public const uint EccP384EkCertificate = 0x01C00016;
}
