namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>TPM_ALG_ID, as far as measured boot meets them (TCG Algorithm Registry, table 3).</summary>
public enum TpmAlgorithm : ushort
{
    None = 0,
    Rsa = 0x0001,
    Sha1 = 0x0004,
    Aes = 0x0006,
    Sha256 = 0x000B,
    Sha384 = 0x000C,
    Sha512 = 0x000D,
    Null = 0x0010,
    Sm3 = 0x0012,
    RsaSsa = 0x0014,
    RsaPss = 0x0016,
    EcDsa = 0x0018,
    Ecc = 0x0023,
    Sha3256 = 0x0027,
    Sha3384 = 0x0028,
    Sha3512 = 0x0029,
    Cfb = 0x0043,
}
