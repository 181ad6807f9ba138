using GuestTune.Agent.V1;

namespace GuestTune.Agent.Rebooting;

/// <summary>Whether the boot loader will go, or has gone, back to the previous command line.</summary>
/// <param name="OperationId">The operation that armed it; empty where there is none.</param>
/// <param name="Reason">Why there is none, or what says how it stands, and where.</param>
internal sealed record BootTrialReport(BootTrialState State, string OperationId, string Reason)
{
    public static BootTrialReport None(string reason) => new(BootTrialState.None, string.Empty, reason);
}
