using System.Globalization;

namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>TPM_RC: what a TPM says to a command (TPM 2.0 Library part 2, 6.6).</summary>
public readonly record struct TpmResponseCode(uint Value)
{
    private const uint Format1 = 0x080;
    private const uint NumberedHandle = 0x000;
    private const uint NumberedParameter = 0x040;
    private const uint NumberedSession = 0x800;

    public bool IsSuccess => Value == 0;

    /// <summary>The TPM is busy with something else, and the same command may be sent again.</summary>
    public bool IsTransient => Value is 0x908 or 0x90A or 0x920 or 0x922 or 0x923;

    /// <summary>The hierarchy or the key has a password (TPM_RC_AUTH_FAIL, TPM_RC_BAD_AUTH).</summary>
    public bool IsWrongAuthorization => Error is 0x08E or 0x0A2;

    /// <summary>There is nothing under the handle (TPM_RC_HANDLE).</summary>
    public bool IsNoSuchHandle => Error is 0x08B;

    /// <summary>Made by the TPM in failure mode or before its start (TPM_RC_FAILURE, TPM_RC_INITIALIZE).</summary>
    public bool IsNotOperational => Value is 0x101 or 0x100;

    /// <summary>Without the number of the handle, session or parameter that it speaks of.</summary>
    private uint Error => (Value & Format1) != 0 ? Value & 0x0BF : Value;

    public override string ToString()
    {
        var name = Error switch
        {
            0x000 => "TPM_RC_SUCCESS",
            0x01E => "TPM_RC_BAD_TAG",
            0x081 => "TPM_RC_ASYMMETRIC",
            0x082 => "TPM_RC_ATTRIBUTES",
            0x083 => "TPM_RC_HASH",
            0x084 => "TPM_RC_VALUE",
            0x085 => "TPM_RC_HIERARCHY",
            0x08B => "TPM_RC_HANDLE",
            0x08E => "TPM_RC_AUTH_FAIL",
            0x092 => "TPM_RC_SCHEME",
            0x095 => "TPM_RC_SIZE",
            0x09A => "TPM_RC_INSUFFICIENT",
            0x09C => "TPM_RC_KEY",
            0x09D => "TPM_RC_POLICY_FAIL",
            0x09F => "TPM_RC_INTEGRITY",
            0x0A2 => "TPM_RC_BAD_AUTH",
            0x0A6 => "TPM_RC_CURVE",
            0x100 => "TPM_RC_INITIALIZE",
            0x101 => "TPM_RC_FAILURE",
            0x120 => "TPM_RC_DISABLED",
            0x143 => "TPM_RC_COMMAND_CODE",
            0x14A => "TPM_RC_NV_UNINITIALIZED",
            0x902 => "TPM_RC_OBJECT_MEMORY",
            0x903 => "TPM_RC_SESSION_MEMORY",
            0x908 => "TPM_RC_YIELDED",
            0x90A => "TPM_RC_TESTING",
            0x920 => "TPM_RC_NV_RATE",
            0x921 => "TPM_RC_LOCKOUT",
            0x922 => "TPM_RC_RETRY",
            0x923 => "TPM_RC_NV_UNAVAILABLE",
            _ => null,
        };
        var hex = "0x" + Value.ToString("x3", CultureInfo.InvariantCulture);
        return name is null ? hex : $"{name} ({hex}{Position()})";
    }

    /// <summary>Bits 6 and 8 to 11 number what the error is about.</summary>
    private string Position()
    {
        var number = (Value >> 8) & 0x7;
        return (Value & Format1) == 0 || Value == 0 ? string.Empty : (Value & (NumberedParameter | NumberedSession)) switch
        {
            NumberedHandle when number > 0 => $", handle {number}",
            NumberedSession => $", session {number}",
            _ when (Value & NumberedParameter) != 0 => $", parameter {(Value >> 8) & 0xF}",
            _ => string.Empty,
        };
    }
}
