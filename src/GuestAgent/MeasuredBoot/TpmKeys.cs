using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Agent.MeasuredBoot;

/// <summary>Public parts of the TPM's keys.</summary>
/// <param name="Certificate">Of the endorsement key; null where the TPM has none.</param>
internal sealed record TpmKeys(TpmPublic AttestationKey, TpmPublic EndorsementKey, byte[]? Certificate, string Manufacturer);
