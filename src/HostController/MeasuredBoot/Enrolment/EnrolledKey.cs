namespace GuestTune.Controller.MeasuredBoot.Enrolment;

/// <summary>The keys that were pinned for a VM, and how far its TPM's counters had come when it last proved something.</summary>
internal sealed record EnrolledKey
{
    /// <summary>As <see cref="Evidence.BootEvidence.Vm"/>.</summary>
    public required string Vm { get; init; }

    /// <summary>TPMT_PUBLIC.</summary>
    public required byte[] AttestationKey { get; init; }

    /// <summary>TPMT_PUBLIC of the endorsement key that a credential tied the attestation key to.</summary>
    public required byte[] EndorsementKey { get; init; }

    public byte[]? EndorsementCertificate { get; init; }

    public required DateTimeOffset EnrolledAt { get; init; }

    public required TpmCounters LastSeen { get; init; }
}
