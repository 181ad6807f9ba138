using GuestTune.Controller.Fleet;
using GuestTune.Controller.MeasuredBoot.Enrolment;
using GuestTune.Controller.MeasuredBoot.Evidence;

namespace GuestTune.Controller.MeasuredBoot;

/// <summary>Collects the evidence of one VM, holds it against the keys that are pinned for it, and pins those of a VM that has none.</summary>
internal sealed class Attestor(IEnrolledKeys keys) : IAttestor
{
    /// <exception cref="Grpc.Core.RpcException">The agent could not be asked, or what it sends cannot be evidence.</exception>
    /// <exception cref="IOException">The pinned keys cannot be read or written.</exception>
    public async Task<(BootEvidence Evidence, EvidenceVerdict Verdict)> AttestAsync(VmCallContext call, EvidenceRequest request)
    {
        // Read before the quote is asked for: one that somebody else gets meanwhile may be newer than this one.
        var pinned = await keys.FindAsync(call.Vm.Name, call.Options.CancellationToken);
        var evidence = await EvidenceCollector.CollectAsync(call, request);
        var (verdict, tied) = pinned is null || request.EnrolAnew
            ? await EnrolAsync(call, evidence, request.EnrolAnew)
            : await CompareAsync(call, evidence, pinned, pinned.LastSeen);
        return (tied, request.LogIsRequired && evidence.EventLog is null ? WithoutLog(verdict, evidence) : verdict);
    }

    /// <param name="lastSeen">How far the counters had come before the quote was asked for; null where that is not known.</param>
    private async Task<(EvidenceVerdict Verdict, BootEvidence Evidence)> CompareAsync(VmCallContext call, BootEvidence evidence, EnrolledKey pinned, TpmCounters? lastSeen)
    {
        var isSame = pinned.AttestationKey.AsSpan().SequenceEqual(evidence.AttestationKey);
        var verdict = EvidenceVerifier.Verify(evidence, isSame ? KeyTrust.Pinned : KeyTrust.Changed, lastSeen);
        if (isSame && verdict.Quote is { IsProven: true, Statement: { } statement })
        {
            // A value that is less is not taken: once gone back, it is told until the VM is enrolled anew.
            await keys.SeeAsync(evidence.Vm, pinned.AttestationKey, TpmCounters.Of(statement), call.Options.CancellationToken);
        }

        return (verdict, evidence with { EndorsementKey = pinned.EndorsementKey, EndorsementCertificate = pinned.EndorsementCertificate });
    }

    private async Task<(EvidenceVerdict Verdict, BootEvidence Evidence)> EnrolAsync(VmCallContext call, BootEvidence evidence, bool anew)
    {
        var (endorsementKey, certificate, problem) = await KeyActivation.TieAsync(call, evidence.AttestationKey);
        evidence = evidence with { EndorsementKey = endorsementKey, EndorsementCertificate = certificate.Length == 0 ? null : certificate };
        var verdict = EvidenceVerifier.Verify(evidence, problem is null ? KeyTrust.New : KeyTrust.NotActivated, keyProblem: problem);
        if (problem is null && verdict.Quote is { IsProven: true, Statement: { } statement })
        {
            var key = new EnrolledKey
            {
                Vm = evidence.Vm,
                AttestationKey = evidence.AttestationKey!,
                EndorsementKey = endorsementKey,
                EndorsementCertificate = evidence.EndorsementCertificate,
                EnrolledAt = evidence.CollectedAt,
                LastSeen = TpmCounters.Of(statement),
            };
            var pinned = await keys.EnrolAsync(key, anew, call.Options.CancellationToken);
            if (!ReferenceEquals(pinned, key))
            {
                // Another controller has enrolled the VM since; its quote may be the newer one.
                return await CompareAsync(call, evidence, pinned, lastSeen: null);
            }
        }

        return (verdict, evidence);
    }

    private static EvidenceVerdict WithoutLog(EvidenceVerdict verdict, BootEvidence evidence) =>
        verdict with { Problems = [.. verdict.Problems, evidence.EventLogProblem ?? "the guest has no event log"] };
}
