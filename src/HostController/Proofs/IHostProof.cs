using GuestTune.Controller.Inventory;
using GuestTune.Practice.V1;

namespace GuestTune.Controller.Proofs;

/// <summary>What the host itself can see of a practice in a guest, and the agent there cannot: it confirms or contradicts the agent's verdict.</summary>
internal interface IHostProof
{
    /// <summary>Id of the practice.</summary>
    string Practice { get; }

    /// <param name="said">The agent's observation: text from a guest. Verdict, reason and facts are changed in place.</param>
    /// <returns>When there is no more to say; never fails for what the guest does.</returns>
    Task AddAsync(VmEntry vm, Observation said, CancellationToken cancellationToken);
}
