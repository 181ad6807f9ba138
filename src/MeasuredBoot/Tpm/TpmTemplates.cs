namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>Public areas to make keys from.</summary>
public static class TpmTemplates
{
    private const TpmKeyAttributes EndorsementAttributes =
        TpmKeyAttributes.FixedTpm | TpmKeyAttributes.FixedParent | TpmKeyAttributes.SensitiveDataOrigin | TpmKeyAttributes.AdminWithPolicy
        | TpmKeyAttributes.Restricted | TpmKeyAttributes.Decrypt;

    private const ushort NistP256 = 0x0003;
    private const ushort NistP384 = 0x0004;
    private const ushort AesKeyBits = 128;
    private const ushort LongAesKeyBits = 256;
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

    /// <summary>PolicyB in SHA-384: policy of the endorsement keys of the high range, which also take a password (EK Credential Profile 2.5, B.6.5).</summary>
    private static ReadOnlySpan<byte> EndorsementPolicyB =>
    [
        0xB2, 0x6E, 0x7D, 0x28, 0xD1, 0x1A, 0x50, 0xBC, 0x53, 0xD8, 0x82, 0xBC, 0xF5, 0xFD, 0x3A, 0x1A, 0x07, 0x41, 0x48, 0xBB, 0x35, 0xD3, 0xB4, 0xE4,
        0xCB, 0x1C, 0x0A, 0xD9, 0xBD, 0xE4, 0x19, 0xCA, 0xCB, 0x47, 0xBA, 0x09, 0x69, 0x96, 0x46, 0x15, 0x0F, 0x9F, 0xC0, 0x00, 0xF3, 0xF8, 0x0E, 0x12,
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

    /// <summary>Template H-3 of the EK Credential Profile: ECC P-384, the key that the certificate in <see cref="TpmHandle.EccP384EkCertificate"/> is for.</summary>
    public static byte[] EccP384EndorsementKey() => new TpmWriter()
        .UInt16((ushort)TpmAlgorithm.Ecc).UInt16((ushort)TpmAlgorithm.Sha384).UInt32((uint)(EndorsementAttributes | TpmKeyAttributes.UserWithAuth)).Sized(EndorsementPolicyB)
        .UInt16((ushort)TpmAlgorithm.Aes).UInt16(LongAesKeyBits).UInt16((ushort)TpmAlgorithm.Cfb)
        .UInt16((ushort)TpmAlgorithm.Null)
        .UInt16(NistP384).UInt16((ushort)TpmAlgorithm.Null).Sized([]).Sized([])
        .ToArray();

    /// <summary>ECC P-256, restricted signing, ECDSA with SHA-256. The text sets this program's key apart from others made from the same seed.</summary>
    public static byte[] AttestationKey() => new TpmWriter()
        .UInt16((ushort)TpmAlgorithm.Ecc).UInt16((ushort)TpmAlgorithm.Sha256).UInt32((uint)AttestationAttributes).Sized([])
        .UInt16((ushort)TpmAlgorithm.Null)
        .UInt16((ushort)TpmAlgorithm.EcDsa).UInt16((ushort)TpmAlgorithm.Sha256)
        .UInt16(NistP256).UInt16((ushort)TpmAlgorithm.Null).Sized("guesttune attestation key 1"u8).Sized([])
        .ToArray();
}
