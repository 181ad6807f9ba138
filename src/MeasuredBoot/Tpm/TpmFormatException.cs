namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>Bytes that are not what the TPM or TCG specification says they are. Whatever a guest sends ends in this or is right.</summary>
public sealed class TpmFormatException(string message) : FormatException(message);
