namespace GuestTune.Controller.Rebooting;

/// <summary>What must be known of a restart that is under way while its guest cannot say anything.</summary>
/// <param name="BootIdBefore">Of the boot that was to end.</param>
/// <param name="HasTrial">The guest's boot loader goes back to the previous command line by itself.</param>
/// <param name="ResetCount">How often this host reset the VM.</param>
/// <param name="ResetAt">When it last did.</param>
internal sealed record RebootNote(string Vm, string OperationId, string BootIdBefore, bool HasTrial = false, int ResetCount = 0, DateTimeOffset? ResetAt = null);
