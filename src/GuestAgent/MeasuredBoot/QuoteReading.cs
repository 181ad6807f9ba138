using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Agent.MeasuredBoot;

/// <summary>A quote, and the values that it was made over.</summary>
internal sealed record QuoteReading(string Source, TpmPublic AttestationKey, byte[] Attest, byte[] Signature, IReadOnlyList<PcrValue> Values);
