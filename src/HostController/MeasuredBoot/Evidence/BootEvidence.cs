using GuestTune.MeasuredBoot.Tpm;

namespace GuestTune.Controller.MeasuredBoot.Evidence;

/// <summary>What one VM said about its boot, as it said it: bounded, and not believed until an <see cref="EvidenceVerdict"/> is there.</summary>
internal sealed record BootEvidence
{
    /// <summary>Its identity: the name that the inventory or libvirt gives it.</summary>
    public required string Vm { get; init; }

    public required DateTimeOffset CollectedAt { get; init; }

    /// <summary>The guest's word, like everything that is not covered by <see cref="Signature"/>.</summary>
    public required string BootId { get; init; }

    /// <summary>Chosen by this controller for this one quote; empty where none was asked for.</summary>
    public required byte[] Nonce { get; init; }

    /// <summary>What the quote is over: one bank.</summary>
    public required PcrSelection Selection { get; init; }

    /// <summary>By bank in the TPM's order, then by register; of more banks than the quote's, where they were read as well.</summary>
    public required IReadOnlyList<PcrValue> Values { get; init; }

    /// <summary>Where the agent read the values: <c>/dev/tpmrm0</c>, a folder of sysfs, or <c>tpm2_pcrread</c>.</summary>
    public required string ValuesSource { get; init; }

    /// <summary>TPMS_ATTEST; null where there is no quote.</summary>
    public byte[]? Attest { get; init; }

    /// <summary>TPMT_SIGNATURE.</summary>
    public byte[]? Signature { get; init; }

    /// <summary>TPMT_PUBLIC of the key that signed.</summary>
    public byte[]? AttestationKey { get; init; }

    /// <summary>TPMT_PUBLIC of the TPM's endorsement key.</summary>
    public byte[]? EndorsementKey { get; init; }

    /// <summary>X.509, DER; null where the TPM has none.</summary>
    public byte[]? EndorsementCertificate { get; init; }

    /// <summary>The whole of binary_bios_measurements; null where there is none, or none was asked for.</summary>
    public byte[]? EventLog { get; init; }

    /// <summary>Why there is no log although one was asked for.</summary>
    public string? EventLogProblem { get; init; }
}
