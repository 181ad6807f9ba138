namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>TPMA_OBJECT (TPM 2.0 Library part 2, 8.3).</summary>
[Flags]
public enum TpmKeyAttributes : uint
{
    None = 0,
    FixedTpm = 1 << 1,
    StClear = 1 << 2,
    FixedParent = 1 << 4,
    SensitiveDataOrigin = 1 << 5,
    UserWithAuth = 1 << 6,
    AdminWithPolicy = 1 << 7,
    NoDictionaryAttack = 1 << 10,
    Restricted = 1 << 16,
    Decrypt = 1 << 17,
    Sign = 1 << 18,
}
