namespace GuestTune.Agent.SealedDisks;

/// <summary>A disk with keys that the TPM holds.</summary>
/// <param name="Path">E.g. /dev/vda3.</param>
internal sealed record SealedDisk(string Path, IReadOnlyList<TpmSeal> Seals);
