namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>Public areas to make keys from.</summary>
public static class TpmTemplates
{
    private const TpmKeyAttributes EndorsementAttributes =
        TpmKeyAttributes.FixedTpm | TpmKeyAttributes.FixedParent | TpmKeyAttributes.SensitiveDataOrigin | TpmKeyAttributes.AdminWithPolicy
        | TpmKeyAttributes.Restricted | TpmKeyAttributes.Decrypt;

    private const ushort NistP256 = 0x0003;
    private const ushort AesKeyBits = 128;
    private const ushort RsaKeyBits = 2048;
    private const int EmptyModulusSizeBytes = 256;
    private const int EmptyCoordinateSizeBytes = 32;

    /// <summary>What an attestation key must be, and must not be, so that it signs nothing but what the TPM itself says.</summary>
    public const TpmKeyAttributes AttestationAttributes =
        TpmKeyAttributes.FixedTpm | TpmKeyAttributes.FixedParent | TpmKeyAttributes.SensitiveDataOrigin | TpmKeyAttributes.UserWithAuth
        | TpmKeyAttributes.NoDictionaryAttack | TpmKeyAttributes.Restricted | TpmKeyAttributes.Sign;

    /// <summary>PolicySecret(TPM_RH_ENDORSEMENT) in SHA-256: policy of the default endorsement keys (TCG EK Credential Profile 2.5, B.3.2).</summary>
    private static ReadOnlySpan<byte> EndorsementPolicy =>
    [
        0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xB3, 0xF8, 0x1A, 0x90, 0xCC, 0x8D, 0x46, 0xA5, 0xD7, 0x24,
        0xFD, 0x52, 0xD7, 0x6E, 0x06, 0x52, 0x0B, 0x64, 0xF2, 0xA1, 0xDA, 0x1B, 0x33, 0x14, 0x69, 0xAA,
    ];

    /// <summary>Template L-1 of the EK Credential Profile: RSA 2048, the key that the certificate in <see cref="TpmHandle.RsaEkCertificate"/> is for.</summary>
    public static byte[] RsaEndorsementKey() => new TpmWriter()
        .UInt16((ushort)TpmAlgorithm.Rsa).UInt16((ushort)TpmAlgorithm.Sha256).UInt32((uint)EndorsementAttributes).Sized(EndorsementPolicy)
        .UInt16((ushort)TpmAlgorithm.Aes).UInt16(AesKeyBits).UInt16((ushort)TpmAlgorithm.Cfb)
        .UInt16((ushort)TpmAlgorithm.Null)
        .UInt16(RsaKeyBits).UInt32(0).Sized(new byte[EmptyModulusSizeBytes])
        .ToArray();

    /// <summary>Template L-2 of the EK Credential Profile: ECC P-256, the key that the certificate in <see cref="TpmHandle.EccEkCertificate"/> is for.</summary>
    public static byte[] EccEndorsementKey() => new TpmWriter()
        .UInt16((ushort)TpmAlgorithm.Ecc).UInt16((ushort)TpmAlgorithm.Sha256).UInt32((uint)EndorsementAttributes).Sized(EndorsementPolicy)
        .UInt16((ushort)TpmAlgorithm.Aes).UInt16(AesKeyBits).UInt16((ushort)TpmAlgorithm.Cfb)
        .UInt16((ushort)TpmAlgorithm.Null)
        .UInt16(NistP256).UInt16((ushort)TpmAlgorithm.Null).Sized(new byte[EmptyCoordinateSizeBytes]).Sized(new byte[EmptyCoordinateSizeBytes])
        .ToArray();

    /// <summary>ECC P-256, restricted signing, ECDSA with SHA-256. The text sets this program's key apart from others made from the same seed.</summary>
    public static byte[] AttestationKey() => new TpmWriter()
        .UInt16((ushort)TpmAlgorithm.Ecc).UInt16((ushort)TpmAlgorithm.Sha256).UInt32((uint)AttestationAttributes).Sized([])
        .UInt16((ushort)TpmAlgorithm.Null)
        .UInt16((ushort)TpmAlgorithm.EcDsa).UInt16((ushort)TpmAlgorithm.Sha256)
        .UInt16(NistP256).UInt16((ushort)TpmAlgorithm.Null).Sized("guesttune attestation key 1"u8).Sized([])
        .ToArray();
}
