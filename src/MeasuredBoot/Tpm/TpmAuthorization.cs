namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>One entry of a command's authorization area: a policy session, or the empty password (TPMS_AUTH_COMMAND, TPM 2.0 Library part 2, 10.13.2).</summary>
internal readonly record struct TpmAuthorization(uint Session)
{
    private const byte ContinueSession = 0x01;

    public static TpmAuthorization EmptyPassword { get; } = new(TpmHandle.Password);

    public void Write(TpmWriter writer) => writer.UInt32(Session).Sized([]).UInt8(Session == TpmHandle.Password ? (byte)0 : ContinueSession).Sized([]);
}
