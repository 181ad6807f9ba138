namespace GuestTune.Testing;

/// <summary>How a guest sees its TPM 2.0.</summary>
public enum TpmModel
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>tpm-tis: registers as those of a chip on the LPC bus.</summary>
    Tis = 1,

    /// <summary>tpm-crb: the command response buffer of TPM 2.0.</summary>
    Crb = 2,
}
