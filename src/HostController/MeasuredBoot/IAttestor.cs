using GuestTune.Controller.Fleet;
using GuestTune.Controller.MeasuredBoot.Evidence;

namespace GuestTune.Controller.MeasuredBoot;

/// <summary>Collects the evidence of one VM, and judges it.</summary>
internal interface IAttestor
{
    /// <exception cref="Grpc.Core.RpcException">The agent could not be asked, or what it sends cannot be evidence.</exception>
    /// <exception cref="IOException">The pinned keys cannot be read or written.</exception>
    Task<(BootEvidence Evidence, EvidenceVerdict Verdict)> AttestAsync(VmCallContext call, EvidenceRequest request);
}
