using GuestTune.Agent.V1;

namespace GuestTune.Agent.Rebooting;

/// <summary>How an asked restart stands.</summary>
/// <param name="BootIdBefore">Of the boot in which the operation asked; empty where it has asked in none.</param>
/// <param name="Method">Of a restart that is to come.</param>
internal sealed record RebootAnswer(RebootState State, string BootId, string BootIdBefore, string Method, BootTrialReport Trial);
