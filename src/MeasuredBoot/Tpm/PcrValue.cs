namespace GuestTune.MeasuredBoot.Tpm;

/// <summary>One register of one bank.</summary>
public sealed record PcrValue(TpmAlgorithm Bank, int Index, byte[] Digest);
