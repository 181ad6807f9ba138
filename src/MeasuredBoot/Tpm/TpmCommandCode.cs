namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>TPM_CC of the commands that are used here (TPM 2.0 Library part 2, 6.5.2).</summary>
public enum TpmCommandCode : uint
{
    None = 0,
    CreatePrimary = 0x131,
    ActivateCredential = 0x147,
    NvRead = 0x14E,
    PolicySecret = 0x151,
    Quote = 0x158,
    FlushContext = 0x165,
    NvReadPublic = 0x169,
    ReadPublic = 0x173,
    StartAuthSession = 0x176,
    GetCapability = 0x17A,
    PcrRead = 0x17E,
    ReadClock = 0x181,
}
