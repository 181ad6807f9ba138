namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>The TPM refused a command.</summary>
public sealed class TpmException(TpmCommandCode command, TpmResponseCode code)
    : IOException($"the TPM refused TPM2_{command}: {code}")
{
    public TpmCommandCode Command => command;

    public TpmResponseCode Code => code;
}
