namespace GuestTune.Agent.SealedDisks;

/// <summary>One key of a disk that the TPM gives away only while some PCRs are as they were.</summary>
/// <param name="Tool">Who made it: systemd-cryptenroll or clevis.</param>
/// <param name="Token">Number of the token in the LUKS2 header.</param>
/// <param name="Pcrs">Those that matter; null where they cannot be known.</param>
/// <param name="Note">What is to be known beside the numbers, or null.</param>
internal sealed record TpmSeal(string Tool, int Token, IReadOnlyList<int>? Pcrs, string? Note = null);
